import { parseLocation } from '../domain/location.js';
import { RegError } from '../errors.js';
import { withoutLogin } from '../util/address.js';
import { shellLine } from '../util/shell.js';

/** What is about the files of a clone, or compares one with its remote: refused at a URL. */
const OF_A_CLONE: ReadonlySet<string> = new Set(
  'init link import validate upload update outdated status sync'.split(' '),
);

/** A command of this program inside a sentence: it ends where the sentence goes on. */
const COMMAND = /(?<![\w-])reg ([a-z][a-z-]*)\b[^;,()\n]*?(?=\s*(?:[;,()\n]|$))/g;

/**
 * Gives what makes the commands in a hint ask the registry that this run asked: those who stand elsewhere have to name it
 * again. Commands that would be refused there are said to need a clone.
 * @param repo what `--repo` says; undefined without it, for then the environment and the folder still say the same
 */
export function inPlaceOf(repo: string | undefined): (text: string) => string {
  if (repo === undefined) return (text) => text;
  const isFar = isUrl(repo);
  const option = shellLine('--repo', withoutLogin(repo));
  return (text) =>
    text.replaceAll(COMMAND, (command, name: string) =>
      isFar && OF_A_CLONE.has(name) ? `${command} (in a clone)` : `${command} ${option}`,
    );
}

function isUrl(repo: string): boolean {
  try {
    return /^file:/i.test(repo) || parseLocation(repo).kind === 'url';
  } catch {
    return false;
  }
}

/** The same error, with its hint for where somebody stands. */
export function errorInPlace(error: unknown, inPlace: (text: string) => string): unknown {
  if (!(error instanceof RegError) || error.hint === undefined) return error;
  const { code, message, hint, place } = error;
  return new RegError(code, message, inPlace(hint), place);
}
