import { cleanLine } from '../render/clean.js';
import type { World } from '../world.js';
import { complete } from './complete.js';
import { shellWords } from './words.js';

/** What the scripts of shells understand (ShellCompDirective of @bomb.sh/tab). */
const FILES = 0;
const NO_FILES = 4;
const KEEP_ORDER = 32;

/**
 * Answers the script that `reg completion` printed, in the way that it asks: a word a line, a tab and what it means, and a
 * directive at the end.
 * @param argv what the script gave: `--` and the words up to the cursor, or of bash the line and the piece that is begun
 */
export async function answerCompletion(argv: readonly string[], world: World): Promise<void> {
  const [how, ...rest] = argv;
  const words = how === 'bash' ? shellWords(rest[0] ?? '').slice(1) : rest.map(plain);
  // bash has taken some of the word for complete already, up to a letter of COMP_WORDBREAKS
  const taken = how === 'bash' ? takenByBash(words.at(-1) ?? '', rest[1] ?? '') : 0;
  const found = await complete(words, world);
  const lines =
    found === 'files'
      ? []
      : found.words.map(([word, about]) =>
          about === '' ? word.slice(taken) : `${word.slice(taken)}\t${about}`,
        );
  const directive = found === 'files' ? FILES : NO_FILES + KEEP_ORDER;
  world.stdout.write(
    [...lines.map((line) => line.split('\t').map(cleanLine).join('\t')), `:${directive}`, ''].join('\n'),
  );
}

/** A word as zsh passes it on, which leaves the quotes to the program. */
const plain = (word: string): string => shellWords(word).join(' ');

/** How much of a value stands before the piece that bash replaces; a piece in quotes is the whole of it. */
function takenByBash(word: string, piece: string): number {
  // behind `churn:` bash calls the `:` the piece, and replaces what comes after it
  const begun = /^[@=:]+$/.test(piece) ? '' : piece;
  if (/^['"]/.test(piece) || !word.endsWith(begun)) return 0;
  const start = word.length - begun.length;
  // readline leaves an `@` in what is replaced (rl_special_prefixes)
  const at = word[start - 1] === '@' ? start - 1 : start;
  return Math.max(0, at - (/^--[\w-]+=/.exec(word)?.[0].length ?? 0));
}
