/** Where the pages of a repository are on the web. Each site has its own way to write them. */
export interface WebPages {
  /** The list of tags. */
  tags: string;
  tag(name: string): string;
  commit(oid: string): string;
  /** A file or folder at a commit. */
  file(oid: string, path: string): string;
  /** The commits from one to another; undefined where the site has no page of them that is known. */
  compare?(from: string, to: string): string;
}

type Site = (base: string) => WebPages;

const SITES: readonly [host: RegExp, Site][] = [
  [
    /(^|\.)github\./,
    (base) => ({
      tags: `${base}/tags`,
      tag: (name) => `${base}/releases/tag/${inPath(name)}`,
      commit: (oid) => `${base}/commit/${oid}`,
      file: (oid, path) => `${base}/blob/${oid}/${inPath(path)}`,
      compare: (from, to) => `${base}/compare/${from}...${to}`,
    }),
  ],
  [
    // a server of one's own is known by its name alone: gitlab.example.com
    /(^|[.-])gitlab[.-]/,
    (base) => ({
      tags: `${base}/-/tags`,
      tag: (name) => `${base}/-/tags/${inPath(name)}`,
      commit: (oid) => `${base}/-/commit/${oid}`,
      file: (oid, path) => `${base}/-/blob/${oid}/${inPath(path)}`,
      compare: (from, to) => `${base}/-/compare/${from}...${to}`,
    }),
  ],
  [
    /^bitbucket\.org$/,
    (base) => ({
      tags: `${base}/downloads/?tab=tags`,
      tag: (name) => `${base}/commits/tag/${inPath(name)}`,
      commit: (oid) => `${base}/commits/${oid}`,
      file: (oid, path) => `${base}/src/${oid}/${inPath(path)}`,
    }),
  ],
  [
    /^codeberg\.org$|(^|[.-])(gitea|forgejo)[.-]/,
    (base) => ({
      tags: `${base}/tags`,
      tag: (name) => `${base}/src/tag/${inPath(name)}`,
      commit: (oid) => `${base}/commit/${oid}`,
      file: (oid, path) => `${base}/src/commit/${oid}/${inPath(path)}`,
      compare: (from, to) => `${base}/compare/${from}...${to}`,
    }),
  ],
];

/** `#` would end the path, and `/` is a part of it. */
const inPath = (name: string): string => name.split('/').map(encodeURIComponent).join('/');

/** The pages of a repository by the host that serves it and its path there; undefined for a host that is not known. */
export function webPages(host: string, path: string): WebPages | undefined {
  // the address comes from others, so its host may be no valid host name
  if (!/^[\w.-]+$/.test(host) || path === '') return undefined;
  const site = SITES.find(([pattern]) => pattern.test(host))?.[1];
  return site?.(`https://${host}/${inPath(path)}`);
}
