import { urlParts } from '../git/url-parts.js';
import type { HostLinks } from '../web/page.js';

/** Where a kind of git host shows what; `{}` is an address. */
interface HostKind {
  /** How the name of such a host begins, or a part of it. */
  name: RegExp;
  commit: string;
  tag: string;
  /** A file or folder at a commit. */
  file: (commit: string, path: string) => string;
}

// as the hosts' own pages are addressed
const KINDS: readonly HostKind[] = [
  {
    name: /(^|\.)github\./,
    commit: '/commit/',
    tag: '/tree/',
    file: (commit, path) => `/blob/${commit}/${path}`,
  },
  {
    name: /(^|\.)gitlab\./,
    commit: '/-/commit/',
    tag: '/-/tags/',
    file: (commit, path) => `/-/blob/${commit}/${path}`,
  },
  {
    name: /^bitbucket\.org$/,
    commit: '/commits/',
    tag: '/commits/tag/',
    file: (commit, path) => `/src/${commit}/${path}`,
  },
  {
    name: /^codeberg\.org$|(^|\.)(gitea|forgejo)\./,
    commit: '/commit/',
    tag: '/src/tag/',
    file: (commit, path) => `/src/commit/${commit}/${path}`,
  },
];

/** The page of a repository on its host, and how the host addresses what is in it; undefined for a host of no known kind. */
function homeOf(address: string): { home: string; kind: HostKind } | undefined {
  const [, host = '', path = ''] = /^([^/:]+)(?::\d+)?[/:](.+)$/.exec(placeOf(address)) ?? [];
  const kind = KINDS.find(({ name }) => name.test(host.toLowerCase()));
  const repository = path
    .replace(/^\/+/, '')
    .replace(/\/*$/, '')
    .replace(/\.git$/, '');
  if (kind === undefined || repository === '' || !/^[\w.-]+$/.test(host)) return undefined;
  const home = `https://${host}/${repository.split('/').map(encodeURIComponent).join('/')}`;
  return { home, kind };
}

/** Host and path of an address that is no path of this machine, without any login. */
function placeOf(address: string): string {
  const parts = urlParts(address);
  if (parts === undefined) return address.replace(/^[^@/]*@/, '');
  return /^(https?|ssh|git):/i.test(parts.scheme) ? parts.place : '';
}

/** Where the host of a repository shows commits and tags; null where that is not known. */
export function hostLinks(address: string | undefined): HostLinks | null {
  const found = address === undefined ? undefined : homeOf(address);
  return found ? { commit: found.home + found.kind.commit, tag: found.home + found.kind.tag } : null;
}

/** Where the host of a repository shows a file at a commit; null where that is not known. */
export function fileUrl(address: string | undefined, commit: string, path: string): string | null {
  const found = address === undefined ? undefined : homeOf(address);
  if (found === undefined) return null;
  return found.home + found.kind.file(commit, path.split('/').map(encodeURIComponent).join('/'));
}
