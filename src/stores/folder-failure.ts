import { RegError } from '../errors.js';

const NO_ROOM: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** The error for what a file system did not do; what is one already stays as it is. */
export function diskFailure(doing: string, error: unknown, signal: AbortSignal | undefined): RegError {
  if (signal?.aborted) return new RegError('INTERRUPTED', 'interrupted');
  if (error instanceof RegError) return error;
  const { code, message = '' } = error as Partial<NodeJS.ErrnoException>;
  // Node.js adds the call and its paths, of which one may be a temporary file
  const [why] = (message || String(error)).split(', ');
  return NO_ROOM.has(code)
    ? new RegError('FILE_SYSTEM', `cannot ${doing}: ${why}`, 'make room there')
    : new RegError('STORE_FAILED', `cannot ${doing}: ${why}`, HINT);
}

const HINT = 'see that it is a folder, that it is mounted, and that you may read and write there';

/** Whether an error says that nothing is there. */
export const isNotThere = (error: unknown): boolean => {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
};
