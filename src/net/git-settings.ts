import { resolve } from 'node:path';

/** The settings of git, in the order in which it reads them: section and variable in lower case (git-config(1)). */
export type Settings = readonly (readonly [key: string, value: string])[];

/** How git connects to one web address (git-config(1), http.*). */
export interface HttpSettings {
  /** Headers by names in lower case. */
  headers: Readonly<Record<string, string>>;
  /** The proxy; empty for none, undefined where the usual variables decide. */
  proxy: string | undefined;
  /** Whether the certificate of the server is verified. */
  verify: boolean;
  /** A file with the certificates that are trusted instead of the usual ones. */
  caFile: string | undefined;
  /** The files of a certificate of the client and of its key. */
  certFile: string | undefined;
  keyFile: string | undefined;
}

/**
 * The settings of git for one web address: those of `http.<url>.*` that fit it best, else those of `http.*`, and the variables
 * that come before them (git-config(1), http.<url>.*; git(1)).
 * @param reach `meant` takes only headers that the configuration gives for this address
 */
export function httpSettingsFor(
  settings: Settings,
  url: URL,
  env: NodeJS.ProcessEnv,
  reach: 'all' | 'meant' = 'all',
): HttpSettings {
  const ranks = new Map<string, Rank>();
  const values = new Map<string, string>();
  let headers: string[] = [];
  for (const [key, value] of settings) {
    const [, pattern, name = ''] = /^http\.(?:(.*)\.)?([^.]+)$/s.exec(key) ?? [];
    const rank = pattern === undefined ? ANYWHERE : rankOf(pattern, url);
    if (name === '' || rank === undefined) continue;
    if (compareRanks(rank, ranks.get(name) ?? ANYWHERE) < 0) continue;
    if (name === 'extraheader' && reach === 'meant' && pattern === undefined) continue;
    ranks.set(name, rank);
    values.set(name, value);
    // an empty value takes away those before it
    if (name === 'extraheader') headers = value === '' ? [] : [...headers, value];
  }
  const file = (variable: string, name: string): string | undefined => {
    const named = env[variable] || values.get(name);
    return named ? resolve(named.replace(/^~(?=\/)/, env.HOME ?? '~')) : undefined;
  };
  return {
    headers: headersIn(headers),
    proxy: values.get('proxy'),
    verify: !isTrue(env.GIT_SSL_NO_VERIFY) && !isFalse(values.get('sslverify')),
    caFile: file('GIT_SSL_CAINFO', 'sslcainfo'),
    certFile: file('GIT_SSL_CERT', 'sslcert'),
    keyFile: file('GIT_SSL_KEY', 'sslkey'),
  };
}

/** Whether a value is false (git-config(1), "Values"). */
const isFalse = (value: string | undefined): boolean => /^(false|no|off|0|)$/i.test(value ?? 'true');
const isTrue = (value: string | undefined): boolean => /^(true|yes|on|[1-9]\d*)$/i.test(value ?? '');

/** The headers in values of `http.extraHeader`, such as `Authorization: Basic …`; other text is left out. */
function headersIn(lines: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const line of lines) {
    const [, name, value] = /^([\w-]+):\s*(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) continue;
    const before = found[name.toLowerCase()];
    // several lines of one name are a list (RFC 9110, section 5.3)
    found[name.toLowerCase()] = before === undefined ? value : `${before}, ${value}`;
  }
  return found;
}

/** How well an address of the configuration fits: by its host, then by its path, then by its user. */
type Rank = readonly [host: number, path: number, user: number];

const ANYWHERE: Rank = [0, 0, 0];

const compareRanks = (a: Rank, b: Rank): number => a[0] - b[0] || a[1] - b[1] || a[2] - b[2];

/** The rank of an address of the configuration for a web address; undefined where it does not fit (git-config(1), http.<url>.*). */
function rankOf(pattern: string, url: URL): Rank | undefined {
  const [, scheme = '', user, host = '', port, path = ''] = PATTERN.exec(pattern) ?? [];
  if (`${scheme.toLowerCase()}:` !== url.protocol) return undefined;
  const usual = url.protocol === 'https:' ? '443' : '80';
  if ((port || usual) !== (url.port || usual)) return undefined;
  const [labels, own] = [host.toLowerCase().split('.'), url.hostname.split('.')];
  if (labels.length !== own.length) return undefined;
  if (labels.some((label, index) => label !== '*' && label !== own[index])) return undefined;
  if (user !== undefined && user !== url.username) return undefined;
  const folder = path.replace(/\/*$/, '/');
  if (!`${url.pathname}/`.startsWith(folder)) return undefined;
  return [host.length, folder.length, user === undefined ? 0 : 1];
}

const PATTERN = /^(https?):\/\/(?:([^/@:]*)(?::[^/@]*)?@)?(\[[^\]]*\]|[^/:?#]+)(?::(\d*))?(\/[^?#]*)?$/i;

/**
 * The address that git takes in place of another one: the longest beginning that `url.<base>.insteadOf` names is replaced
 * (git-config(1)). It may hold a login.
 */
export function insteadOf(settings: Settings, address: string): string {
  let longest = '';
  let base = '';
  for (const [key, value] of settings) {
    const [, named] = /^url\.(.*)\.insteadof$/s.exec(key) ?? [];
    if (named === undefined || value.length <= longest.length || !address.startsWith(value)) continue;
    [longest, base] = [value, named];
  }
  return base + address.slice(longest.length);
}
