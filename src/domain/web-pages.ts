/** Where the pages of a repository are on the web. Each site has its own way to write them. */
export interface WebPages {
  /** The list of tags. */
  tags: string;
  tag(name: string): string;
  commit(oid: string): string;
}

type Site = (base: string) => WebPages;

const SITES: readonly [host: RegExp, Site][] = [
  [
    /(^|\.)github\./,
    (base) => ({
      tags: `${base}/tags`,
      tag: (name) => `${base}/releases/tag/${inPath(name)}`,
      commit: (oid) => `${base}/commit/${oid}`,
    }),
  ],
  [
    // a server of one's own is known by its name alone: gitlab.example.com
    /(^|[.-])gitlab[.-]/,
    (base) => ({
      tags: `${base}/-/tags`,
      tag: (name) => `${base}/-/tags/${inPath(name)}`,
      commit: (oid) => `${base}/-/commit/${oid}`,
    }),
  ],
  [
    /^bitbucket\.org$/,
    (base) => ({
      tags: `${base}/downloads/?tab=tags`,
      tag: (name) => `${base}/commits/tag/${inPath(name)}`,
      commit: (oid) => `${base}/commits/${oid}`,
    }),
  ],
];

/** `#` would end the path, and `/` is a part of it. */
const inPath = (name: string): string => name.split('/').map(encodeURIComponent).join('/');

/** The pages of a repository by the host that serves it and its path there; undefined for a host that is not known. */
export function webPages(host: string, path: string): WebPages | undefined {
  const site = SITES.find(([pattern]) => pattern.test(host))?.[1];
  return site?.(`https://${host}/${inPath(path)}`);
}
