/**
 * Reads the values of a file in git's configuration format (git-config(1), "Syntax"), the last of each key. Names of sections
 * and variables are in lower case, as in `remote.Origin.lfsurl`. Lines that git would not understand are skipped, and no other
 * file is included: this one comes from a repository and may say little.
 */
export function parseGitConfig(text: string): Map<string, string> {
  const values = new Map<string, string>();
  let section: string | undefined;
  for (const line of logicalLines(text)) {
    const [header = '', name, quoted] = /^\s*\[\s*([\w.-]+)(?:\s+"((?:[^"\\]|\\.)*)")?\s*\]/.exec(line) ?? [];
    if (name !== undefined) section = sectionOf(name, quoted);
    const [, key, value] = /^\s*([a-z][a-z0-9-]*)\s*(?:=(.*))?$/is.exec(line.slice(header.length)) ?? [];
    if (section !== undefined && key !== undefined)
      values.set(`${section}.${key.toLowerCase()}`, value === undefined ? 'true' : valueIn(value));
  }
  return values;
}

/** Lines, with those that a backslash at their end goes on with. */
const logicalLines = (text: string): string[] => text.replaceAll(/\\\r?\n/g, '').split(/\r?\n/);

const sectionOf = (name: string, quoted: string | undefined): string =>
  quoted === undefined ? name.toLowerCase() : `${name.toLowerCase()}.${quoted.replaceAll(/\\(.)/g, '$1')}`;

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', b: '\b' };

/** The value without comments, quotes and the blanks around it. */
function valueIn(text: string): string {
  let value = '';
  let kept = 0;
  let isQuoted = false;
  for (const [part] of text.trimStart().matchAll(/\\.|[\s\S]/g)) {
    if (part === '"') isQuoted = !isQuoted;
    else if (!isQuoted && (part === '#' || part === ';')) break;
    else value += part.length === 2 ? (ESCAPES[part.slice(1)] ?? part.slice(1)) : part;
    // blanks at the end count only between quotes
    if (isQuoted || !/^\s$/.test(part)) kept = value.length;
  }
  return value.slice(0, kept);
}
