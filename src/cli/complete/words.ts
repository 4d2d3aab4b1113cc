/**
 * Splits a command line as a POSIX shell does, the quotes gone, up to the cursor; the last word is the one that is begun.
 * An open quote is the shell's affair: what stands behind it is the word so far.
 */
export function shellWords(line: string): string[] {
  const words = [''];
  let quote = '';
  for (let at = 0; at < line.length; at += 1) {
    const letter = line[at] ?? '';
    if (quote !== '') {
      if (letter === quote) quote = '';
      else words.push(`${words.pop()}${letter}`);
    } else if (letter === "'" || letter === '"') quote = letter;
    else if (letter === '\\') {
      at += 1;
      words.push(`${words.pop()}${line[at] ?? ''}`);
    } else if (/\s/.test(letter)) {
      if (words.at(-1) !== '' || words.length === 1) words.push('');
    } else words.push(`${words.pop()}${letter}`);
  }
  return words;
}
