/** A word for a POSIX shell, in quotes where it needs them: tag names hold `#` and `!`. */
const shellQuote = (word: string): string =>
  /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

/** The command line that these words make in a POSIX shell. */
export const shellLine = (...words: readonly string[]): string => words.map(shellQuote).join(' ');
