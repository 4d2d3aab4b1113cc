import { RegError } from '../errors.js';

/**
 * Makes an error of the file system one for people, for `catch`: about the file that was to be written, whatever it was called
 * until it would have been whole.
 * @throws RegError FILE_SYSTEM
 */
export const cannotWrite =
  (path: string, folder: string) =>
  (error: NodeJS.ErrnoException): never => {
    const [, why] = /^E[A-Z0-9]+: ([^,]+)/.exec(error.message) ?? [];
    if (why === undefined) throw error;
    throw new RegError(
      'FILE_SYSTEM',
      `cannot write ${path} in ${folder}: ${why}`,
      'see that you may write there, and that there is room',
    );
  };
