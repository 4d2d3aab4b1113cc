import { interrupted, RegError } from '../errors.js';

const NO_ROOM: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** The error for what a file system did not do; what is one already stays as it is. */
export function diskFailure(doing: string, error: unknown, signal: AbortSignal | undefined): RegError {
  if (signal?.aborted) return interrupted();
  if (error instanceof RegError) return error;
  const { code, message = '' } = error as Partial<NodeJS.ErrnoException>;
  // Node.js adds the call and its paths, of which one may be a temporary file
  const [why] = (message || String(error)).split(', ');
  return NO_ROOM.has(code)
    ? new RegError('FILE_SYSTEM', `cannot ${doing}: ${why}`, 'make room there')
    : new RegError('STORE_FAILED', `cannot ${doing}: ${why}`, HINT);
}

const HINT = 'see that it is a folder, that it is mounted, and that you may read and write there';

/** Whether an error says that a name is missing. */
export const isMissing = (error: NodeJS.ErrnoException): boolean => error.code === 'ENOENT';

/** Whether an error says that nothing is there, and be it that there is a file where a folder would have to be. */
export const isNotThere = (error: NodeJS.ErrnoException): boolean =>
  isMissing(error) || error.code === 'ENOTDIR';

/** Makes undefined of errors that are an answer, for `catch`; any other is thrown again. */
export const unless =
  (isAnswer: (error: NodeJS.ErrnoException) => boolean) =>
  (error: NodeJS.ErrnoException): undefined => {
    if (!isAnswer(error)) throw error;
  };
