import { parseTarget, versionId } from '../domain/target.js';
import { shellLine } from '../util/shell.js';

/** What takes an artifact and a stage, and with them perhaps a version of the artifact. */
const OF_A_STAGE: ReadonlySet<string> = new Set(['which', 'assign', 'unassign', 'rollback', 'approve']);
const OF_A_VERSION: ReadonlySet<string> = new Set(['assign', 'unassign', 'approve']);
const OF_A_TARGET: ReadonlySet<string> = new Set(['load', 'describe']);

/**
 * The command that was probably meant, where an artifact, a version and a stage were put together in another way than the
 * command wants them; undefined where that cannot be told.
 * @param words what was typed; nothing is guessed where options stand between
 */
export function meant(words: readonly string[]): string | undefined {
  const end = words.findIndex((word) => word.startsWith('-'));
  const [command = '', one = '', two = '', three, more] = end < 0 ? words : words.slice(0, end);
  if (more !== undefined || one === '') return undefined;
  const parts = /^([^@#]+)#([^@#]+)$/.exec(one);
  if (two === '' && parts?.[1] && parts[2] && OF_A_STAGE.has(command))
    return shellLine('reg', command, parts[1], parts[2]);
  if (two === '' || /[@#]/.test(one + two)) return undefined;
  if (three !== undefined)
    return OF_A_VERSION.has(command) && isVersion(two)
      ? shellLine('reg', command, `${one}@${two}`, three)
      : undefined;
  if (!OF_A_TARGET.has(command)) return undefined;
  const target = `${one}${isVersion(two) || two === 'latest' ? '@' : '#'}${two}`;
  return isRight(() => parseTarget(target)) ? shellLine('reg', command, target) : undefined;
}

const isVersion = (word: string): boolean => isRight(() => versionId(word));

function isRight(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}
