/**
 * The host that a name stands for in the configuration of ssh (ssh_config(5), Host, HostName); the name itself where it is no alias.
 * Blocks of `Match` are passed over but for `Match all`.
 * @param text of the file, with those that it includes in their place
 */
export function sshHostName(text: string, host: string): string {
  let isMeant = true;
  for (const [keyword, ...values] of sshConfigLines(text)) {
    if (keyword === 'host') isMeant = isMatch(values, host);
    else if (keyword === 'match') isMeant = values.length === 1 && values[0]?.toLowerCase() === 'all';
    // the first value counts
    else if (keyword === 'hostname' && isMeant && values[0] !== undefined)
      return values[0].replaceAll(/%([h%])/g, (_, token) => (token === 'h' ? host : '%'));
  }
  return host;
}

/** The lines of a configuration of ssh in words, the first in lower case; comments are left out. */
export const sshConfigLines = (text: string): string[][] =>
  text
    .split(/\r?\n/)
    .map((line) => line.replace(/^\s*#.*$/, '').replace(/^(\s*\w+)\s*=\s*/, '$1 '))
    .map((line) => [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain = '']) => quoted ?? plain))
    .flatMap(([keyword, ...values]) => (keyword === undefined ? [] : [[keyword.toLowerCase(), ...values]]));

/** Whether one of these patterns fits a name, and none behind a `!` does (ssh_config(5), PATTERNS). */
function isMatch(patterns: readonly string[], host: string): boolean {
  const fits = (pattern: string): boolean =>
    new RegExp(
      `^${pattern.replaceAll(/[^*?]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.')}$`.replaceAll(
        /\\(\w)/g,
        '$1',
      ),
      'i',
    ).test(host);
  if (patterns.some((one) => one.startsWith('!') && fits(one.slice(1)))) return false;
  return patterns.some((one) => !one.startsWith('!') && fits(one));
}
