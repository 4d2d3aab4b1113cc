import { RegError } from '../errors.js';

/** The values of a configuration of DVC by section and key, both in lower case as in DVC: `remote "name"`, `url`. */
export type DvcConfig = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** The largest configuration file of DVC that is read. */
export const MAX_DVC_CONFIG_BYTES = 64 * 1024;

/**
 * Reads a configuration file of DVC, which is in the format of the configobj package (its documentation, "The Config File
 * Format"). Nested sections are skipped: DVC has none.
 * @param file the name of the file in errors
 * @throws RegError SOURCE_UNSUPPORTED, with the number of the line but without its text, which may be a secret
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
        `${file}:${index + 1}: it is not a line of a configuration of DVC`,
        'write it with `dvc remote` and `dvc config`',
        { file, line: index + 1 },
      );
    section?.set(unquoted(pair?.[1] ?? '').toLowerCase(), value);
  }
  return config;
}

const SECTION = /^\s*(\[+)\s*("[^"]*"|'[^']*'|[^'"\s[\]][^[\]]*?)\s*\]+\s*(?:#.*)?$/;
const PAIR = /^\s*("[^"]*"|'[^']*'|[^'"=\s][^=]*?)\s*=\s*(.*?)\s*$/;

const unquoted = (text: string): string => /^(["'])(.*)\1$/.exec(text)?.[2] ?? text;

/** A value without its quotes and a comment; undefined where its quotes do not end on the same line. */
function readValue(text: string): string | undefined {
  if (/^("""|''')/.test(text)) return undefined;
  const [, , quoted] = /^(["'])(.*?)\1\s*(?:#.*)?$/.exec(text) ?? [];
  if (quoted !== undefined) return quoted;
  return /^["']/.test(text) ? undefined : text.replace(/\s*#.*$/, '');
}

/** One configuration over another: values of the upper one come first. */
export function mergeDvcConfig(lower: DvcConfig, upper: DvcConfig): DvcConfig {
  const names = new Set([...lower.keys(), ...upper.keys()]);
  return new Map(
    [...names].map((name) => [name, new Map([...(lower.get(name) ?? []), ...(upper.get(name) ?? [])])]),
  );
}

/** The remotes of a configuration by their names, with the values of each. */
export const dvcRemotesOf = (config: DvcConfig): ReadonlyMap<string, ReadonlyMap<string, string>> =>
  new Map(
    [...config].flatMap(([section, values]) => {
      const [, name] = /^\s*remote\s*"(.*)"\s*$/.exec(section) ?? [];
      return name === undefined ? [] : [[name, values]];
    }),
  );
