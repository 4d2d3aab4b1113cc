import { RegError } from '../errors.js';

/** The values of a configuration of DVC by section and key, both in lower case as DVC takes them: `remote "name"`, `url`. */
export type DvcConfig = ReadonlyMap<string, ReadonlyMap<string, string>>;

/**
 * Reads a configuration file of DVC, as the configobj package writes and reads it (its documentation, "The Config File
 * Format"); sections in sections, which DVC has none of, are left out.
 * @param file what it is called when it is refused
 * @throws RegError SOURCE_UNSUPPORTED, with the line and nothing of what it says, which may be a secret
 */
export function parseDvcConfig(text: string, file: string): DvcConfig {
  const config = new Map<string, Map<string, string>>();
  let section: Map<string, string> | undefined = new Map();
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const marker = SECTION.exec(line);
    const pair = PAIR.exec(line);
    if (marker) {
      const name = unquoted(marker[2] ?? '').toLowerCase();
      section = marker[1] === '[' ? (config.get(name) ?? new Map()) : undefined;
      if (section) config.set(name, section);
      continue;
    }
    const value = pair && readValue(pair[2] ?? '');
    if (value === undefined || value === null)
      throw new RegError(
        'SOURCE_UNSUPPORTED',
        `${file}:${index + 1}: it is no line of a configuration of DVC`,
        'write it by `dvc remote` and `dvc config`',
        { file, line: index + 1 },
      );
    section?.set(unquoted(pair?.[1] ?? '').toLowerCase(), value);
  }
  return config;
}

const SECTION = /^\s*(\[+)\s*("[^"]*"|'[^']*'|[^'"\s[\]][^[\]]*?)\s*\]+\s*(?:#.*)?$/;
const PAIR = /^\s*("[^"]*"|'[^']*'|[^'"=\s][^=]*?)\s*=\s*(.*?)\s*$/;

const unquoted = (text: string): string => /^(["'])(.*)\1$/.exec(text)?.[2] ?? text;

/** A value without its quotes and the comment behind it; undefined for one whose quotes do not end, or on another line. */
function readValue(text: string): string | undefined {
  if (/^("""|''')/.test(text)) return undefined;
  const [, , quoted] = /^(["'])(.*?)\1\s*(?:#.*)?$/.exec(text) ?? [];
  if (quoted !== undefined) return quoted;
  return /^["']/.test(text) ? undefined : text.replace(/\s*#.*$/, '');
}

/** One configuration over another: what the upper one says goes before what the lower one says. */
export function mergeDvcConfig(lower: DvcConfig, upper: DvcConfig): DvcConfig {
  const names = new Set([...lower.keys(), ...upper.keys()]);
  return new Map(
    [...names].map((name) => [name, new Map([...(lower.get(name) ?? []), ...(upper.get(name) ?? [])])]),
  );
}
