/** Quotes a word for a POSIX shell; a tag name holds `#`, `!` and `@`. */
const shellQuote = (word: string): string =>
  /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

/** A command line of these words, quoted. */
export const shellLine = (...words: readonly string[]): string => words.map(shellQuote).join(' ');
