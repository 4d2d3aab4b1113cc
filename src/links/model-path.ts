import { RegError } from '../errors.js';

/**
 * Brings the path of a model inside its repository into one form: relative, `/` between parts, no `.` parts.
 * @throws RegError SOURCE_PATH for a path that is empty, absolute or leaves the repository
 */
export function modelPath(text: string): string {
  const slashed = text.replaceAll('\\', '/');
  const parts = slashed.split('/');
  const refuse = (why: string): RegError =>
    new RegError(
      'SOURCE_PATH',
      `'${text}' is not a path inside a repository: ${why}`,
      'write it from the top of the repository',
    );
  if (slashed.startsWith('/') || /^[a-z]:/i.test(text)) throw refuse('it is absolute');
  if (parts.includes('..')) throw refuse("it holds '..'");
  if (text.includes('\0')) throw refuse('it holds a NUL character');
  const path = parts.filter((part) => part !== '' && part !== '.').join('/');
  if (path === '') throw refuse('it is empty');
  if (parts.length > MOST_LEVELS) throw refuse(`it has more than ${MOST_LEVELS} levels`);
  return path;
}

/** Each folder above a model may be looked into, which is a run of git or several. */
const MOST_LEVELS = 100;
