/** Values of git's configuration by their keys: `remote.origin.url`; section and variable in small letters. */
export type Settings = ReadonlyMap<string, readonly string[]>;

/**
 * Reads a configuration file as git-config(1), "Syntax", has it. Files that it includes are not read: what says how a
 * repository is stored has to be in the file itself.
 */
export function parseSettings(text: string): Settings {
  const settings = new Map<string, string[]>();
  let section = '';
  // a backslash at the end of a line continues it
  for (const line of text.replaceAll(/\\\r?\n/g, '').split(/\r?\n/)) {
    const [, name, sub, rest = ''] = /^\s*\[([\w.-]+)(?:\s+"((?:[^"\\]|\\.)*)")?\](.*)$/.exec(line) ?? [];
    if (name !== undefined)
      section = name.toLowerCase() + (sub === undefined ? '' : `.${sub.replaceAll(/\\(.)/g, '$1')}`);
    const [, key, value] = /^\s*([A-Za-z][\w-]*)\s*(?:=(.*))?$/.exec(name === undefined ? line : rest) ?? [];
    if (key === undefined) continue;
    const path = `${section}.${key.toLowerCase()}`;
    // a variable without a value is true
    settings.set(path, [...(settings.get(path) ?? []), value === undefined ? 'true' : plain(value)]);
  }
  return settings;
}

const ESCAPED: Record<string, string> = { n: '\n', t: '\t', b: '\b' };

/** A value without its quotes, its comment and the spaces around it. */
function plain(text: string): string {
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

/** The last value of a key, which is the one that counts. */
export const setting = (settings: Settings, key: string): string | undefined => settings.get(key)?.at(-1);

/** Whether a key is set to true (git-config(1), "Values"). */
export const isSet = (settings: Settings, key: string): boolean =>
  /^(true|yes|on|[1-9]\d*)$/i.test(setting(settings, key) ?? '');
