/** Values of git's configuration by their keys, such as `remote.origin.url`; section and variable in lower case. */
export type GitConfig = ReadonlyMap<string, readonly string[]>;

/** Values with their keys, in the order of their file: a later one may depend on those before it. */
export type GitSettings = readonly (readonly [key: string, value: string])[];

/**
 * Reads a file in the format of git's configuration (git-config(1), "Syntax"). Lines that git would not understand are skipped,
 * and files that it includes are not read.
 */
export const parseGitConfig = (text: string): GitConfig => gitConfigOf(gitSettingsIn(text));

/** Settings by their keys. */
export function gitConfigOf(settings: GitSettings): GitConfig {
  const config = new Map<string, string[]>();
  for (const [key, value] of settings) {
    const before = config.get(key);
    if (before) before.push(value);
    else config.set(key, [value]);
  }
  return config;
}

/** The settings in a file, as `parseGitConfig` reads it. */
export function gitSettingsIn(text: string): GitSettings {
  const settings: [string, string][] = [];
  let section = '';
  // a backslash at the end of a line continues it
  for (const line of text.replaceAll(/\\\r?\n/g, '').split(/\r?\n/)) {
    const [, name, sub, rest = ''] = /^\s*\[([\w.-]+)(?:\s+"((?:[^"\\]|\\.)*)")?\](.*)$/.exec(line) ?? [];
    if (name !== undefined)
      section = name.toLowerCase() + (sub === undefined ? '' : `.${sub.replaceAll(/\\(.)/g, '$1')}`);
    const [, key, value] = /^\s*([A-Za-z][\w-]*)\s*(?:=(.*))?$/.exec(name === undefined ? line : rest) ?? [];
    if (key === undefined) continue;
    // a variable without a value is true
    settings.push([`${section}.${key.toLowerCase()}`, value === undefined ? 'true' : withoutQuotes(value)]);
  }
  return settings;
}

/**
 * The number of the first line, from 1, that git does not understand (git-config(1), "Syntax"); undefined without one. Git
 * reads nothing of such a file.
 */
export function badGitConfigLine(text: string): number | undefined {
  let first = 1;
  // a backslash at the end of a line continues it
  for (const [line] of text.matchAll(/(?:\\\r?\n|\\(?!\r?\n)|[^\n\\])*(?:\n|$)/g)) {
    if (!REST_OF_LINE.test(line.replace(SECTION, ''))) return first;
    first += line.split('\n').length - 1;
  }
  return undefined;
}

const SECTION = /^\s*\[[A-Za-z0-9.-]+(?:[ \t]+"(?:[^"\\\n]|\\[^\n])*")?\]/;
const ESCAPE = String.raw`\\(?:[\\"ntb]|\r?\n)`;
const VALUE = String.raw`(?:[^"\\#;]|${ESCAPE}|"(?:[^"\\\n]|${ESCAPE})*")*(?:[#;].*)?`;
/** Nothing, a comment, or a variable. */
const REST_OF_LINE = new RegExp(
  String.raw`^\s*(?:[#;].*|[A-Za-z][A-Za-z0-9-]*[ \t]*(?:=${VALUE})?\s*)?$`,
  's',
);

const ESCAPED: Record<string, string> = { n: '\n', t: '\t', b: '\b' };

/** A value without its quotes, its comment and the spaces around it. */
function withoutQuotes(text: string): string {
  let value = '';
  let end = 0;
  let isQuoted = false;
  for (const [part] of text.trimStart().matchAll(/\\.|./gs)) {
    if (part === '"') isQuoted = !isQuoted;
    else if (!isQuoted && /^[#;]/.test(part)) break;
    else if (part.startsWith('\\') && part.length > 1) value += ESCAPED[part[1] ?? ''] ?? part[1];
    else value += part;
    if (isQuoted || !/^\s$/.test(part)) end = value.length;
  }
  return value.slice(0, end);
}

/** The last value of a key: git uses that one. Section and variable may be in any letters (git-config(1), "Syntax"). */
export const gitConfigValue = (config: GitConfig, key: string): string | undefined =>
  config.get(key.replace(/^[^.]*|[^.]*$/g, (part) => part.toLowerCase()))?.at(-1);

/** Whether a key is set to true (git-config(1), "Values"). */
export const isGitConfigTrue = (config: GitConfig, key: string): boolean =>
  isGitTrue(gitConfigValue(config, key));

/** Whether a value means true. */
export const isGitTrue = (value: string | undefined): boolean =>
  /^(true|yes|on|[1-9]\d*)$/i.test(value ?? '');

/** Whose repositories are reached: those that a person names, or also those that a link names. */
export type Reach = 'named' | 'linked';

/**
 * Whether a key says how git reaches other repositories. An address that came with a link gets no header and no login that is not
 * meant for its host.
 */
export function isNetworkKey(key: string, reach: Reach): boolean {
  const [, section = '', address] = /^(http|credential)\.(?:(.*)\.)?[^.]*$/s.exec(key) ?? [];
  if (section !== '') return reach === 'named' || address !== undefined || IS_WAY.test(key);
  return /^(url\..*\.(insteadof|pushinsteadof)|core\.(sshcommand|askpass|gitproxy)|ssh\.variant)$/s.test(key);
}

/** The ways into the network, which hold for every address. */
const IS_WAY = /^http\.(proxy|sslcainfo|sslcapath)$/;
