import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isFolder } from '../../disk/files.js';
import type { Oid } from '../../domain/event.js';
import { RegError } from '../../errors.js';
import { withoutUserInfo } from '../location.js';
import type { ObjectReader, SourceOpener } from '../port.js';
import { binaryObjectReader } from './objects.js';
import { expectSuccess, type GitResult, gitIn, type RunGit, withoutLocalVariables } from './run-git.js';

/**
 * Opens source repositories with the git program: a folder of this machine where it is, a URL through a bare
 * repository in the cache that holds the commits asked for so far.
 */
export function binarySourceOpener(cache: string, env: NodeJS.ProcessEnv): SourceOpener {
  return {
    openSource: (location, rev) =>
      location.kind === 'path' ? openFolder(location.path, env) : openUrl(location.url, rev, cache, env),
  };
}

async function openFolder(path: string, env: NodeJS.ProcessEnv): Promise<ObjectReader> {
  const unreachable = (why: string): RegError =>
    new RegError(
      'NO_REPOSITORY',
      `there is no git repository at ${path}${why}`,
      'check --source, or source.repo of the link',
    );
  if (!(await isFolder(path))) throw unreachable('');
  const git = gitIn(path, withoutLocalVariables(env));
  const found = await git(['rev-parse', '--git-dir']);
  if (found.code !== 0) throw unreachable(` (${found.stderr})`);
  return binaryObjectReader(git);
}

const OID = /^([0-9a-f]{40}|[0-9a-f]{64})$/;
const ABBREVIATED = /^[0-9a-f]{4,64}$/;

async function openUrl(
  url: string,
  rev: string,
  cache: string,
  env: NodeJS.ProcessEnv,
): Promise<ObjectReader> {
  const key = createHash('sha256').update(url).digest('hex').slice(0, 32);
  const git = await cacheRepository(join(cache, 'sources', `${key}.git`), env);
  const objects = binaryObjectReader(git);
  const wanted = OID.test(rev) ? rev : await advertised(git, url, rev);
  if (wanted === undefined && !ABBREVIATED.test(rev))
    return { ...objects, resolveCommit: async () => undefined };
  if (wanted !== undefined && (await fetchCommit(git, url, wanted))) return answering(objects, rev, wanted);
  const all = binaryObjectReader(await fetchEverything(url, join(cache, 'sources', `${key}-full.git`), env));
  return wanted === undefined ? all : answering(all, rev, wanted);
}

/** A reader that knows what a rev is at the server, where the cache has no ref of that name. */
const answering = (objects: ObjectReader, rev: string, oid: Oid): ObjectReader => ({
  ...objects,
  resolveCommit: (asked) => objects.resolveCommit(asked === rev ? oid : asked),
});

async function cacheRepository(folder: string, env: NodeJS.ProcessEnv): Promise<RunGit> {
  await mkdir(folder, { recursive: true });
  const git = gitIn(folder, { ...withoutLocalVariables(env), GIT_DIR: folder });
  // init over an existing repository is safe, also while another process does the same (git-init(1))
  expectSuccess(await git(['init', '--quiet', '--bare', folder]), 'making a cache');
  return git;
}

/** What the server says a branch, a tag or HEAD is, as git itself would choose among them (gitrevisions(7)). */
async function advertised(git: RunGit, url: string, rev: string): Promise<Oid | undefined> {
  if (/[\s*?[\\~^:]/.test(rev)) return undefined;
  const names = rev === 'HEAD' ? ['HEAD'] : [rev, `refs/${rev}`, `refs/tags/${rev}`, `refs/heads/${rev}`];
  const result = await git(['ls-remote', '--end-of-options', url, ...names]);
  const lines = requireReached(result, url).toString().split('\n');
  const found = new Map(
    lines.map((line) => [line.slice(line.indexOf('\t') + 1), line.slice(0, line.indexOf('\t'))]),
  );
  return names.map((name) => found.get(name)).find((oid) => oid !== undefined);
}

/** Brings one commit with its files; false when the server does not give single commits away. */
async function fetchCommit(git: RunGit, url: string, oid: Oid): Promise<boolean> {
  const present = await git(['rev-parse', '--verify', '--quiet', `${oid}^{tree}`]);
  if (present.code === 0) return true;
  return (await git([...FETCH, '--depth=1', '--end-of-options', url, oid])).code === 0;
}

const FETCH = [
  'fetch',
  '--quiet',
  '--no-tags',
  '--no-write-fetch-head',
  '--no-auto-maintenance',
  '--no-recurse-submodules',
];

/** Brings all branches and tags, for an abbreviated id or a server that gives no single commits away. */
async function fetchEverything(url: string, folder: string, env: NodeJS.ProcessEnv): Promise<RunGit> {
  const git = await cacheRepository(folder, env);
  const refspecs = ['+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*'];
  requireReached(await git([...FETCH, '--force', '--prune', '--end-of-options', url, ...refspecs]), url);
  return git;
}

function requireReached(result: GitResult, url: string): Buffer {
  if (result.code === 0) return result.stdout;
  const said = withoutUserInfo(result.stderr) || `git ended with exit code ${result.code}`;
  throw new RegError(
    'REMOTE_FAILED',
    `cannot read ${withoutUserInfo(url)}: ${said}`,
    'check the address and your access; git itself must be able to reach it: git ls-remote URL',
  );
}
