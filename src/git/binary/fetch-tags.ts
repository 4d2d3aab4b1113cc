import type { Oid } from '../../domain/event.js';
import type { PeeledTagRef, RepositoryInspector } from '../port.js';
import type { RunGit } from '../program/run.js';
import { type RemoteAccess, remoteFailed } from './remote-access.js';
import { runPastLocks } from './stale-locks.js';

/**
 * Brings the objects of exactly these tags from a remote, with the commits that they lead to.
 * @throws RegError REMOTE_FAILED
 */
export async function fetchTagObjects(
  access: RemoteAccess,
  inspector: RepositoryInspector,
  tags: readonly PeeledTagRef[],
): Promise<void> {
  if (tags.length === 0) return;
  if (!(await inspector.isShallow())) return fetchOids(access, tags, []);
  const types = await inspector.objectTypes(tags.map(commitOf));
  const isHere = (tag: PeeledTagRef): boolean => types.get(commitOf(tag)) !== 'missing';
  // for a commit that is here a depth would make git forget the history that leads to it
  await fetchOids(access, tags.filter(isHere), []);
  await fetchDistant(
    access,
    tags.filter((tag) => !isHere(tag)),
  );
}

const commitOf = ({ peeledOid, oid }: PeeledTagRef): Oid => peeledOid ?? oid;

/**
 * In a shallow clone: a commit from before all that is here comes without its history, which could be long; a later one with
 * all that leads from here to it, without which git could not tell any more that it follows.
 */
async function fetchDistant(access: RemoteAccess, tags: readonly PeeledTagRef[]): Promise<void> {
  if (tags.length === 0) return;
  const { git } = access;
  const dates = await datesOf(git, ['HEAD']);
  const oldest = dates.reduce((least, date) => Math.min(least, date), Number.POSITIVE_INFINITY);
  await fetchOids(access, tags, ['--depth=1']);
  const later: PeeledTagRef[] = [];
  for (const tag of tags) {
    const [date = oldest] = await datesOf(git, ['-1', commitOf(tag)]);
    if (date >= oldest) later.push(tag);
  }
  // any later date would cut off history that is here
  await fetchOids(access, later, [`--shallow-since=@${oldest}`]);
}

/** When commits were made, in seconds since the epoch; nothing for what is no commit. */
async function datesOf(git: RunGit, revs: readonly string[]): Promise<number[]> {
  const { code, stdout } = await git(['log', '--format=%ct', ...revs, '--']);
  return code === 0 ? stdout.toString().split('\n').filter(Boolean).map(Number) : [];
}

async function fetchOids(
  { git, remote }: RemoteAccess,
  tags: readonly PeeledTagRef[],
  options: readonly string[],
): Promise<void> {
  if (tags.length === 0) return;
  const args = [
    'fetch',
    '--progress',
    '--no-tags',
    '--no-prune',
    '--no-write-fetch-head',
    '--no-auto-maintenance',
    '--no-recurse-submodules',
    ...options,
    '--stdin',
    '--end-of-options',
    remote.name,
  ];
  const oids = tags.map(({ oid }) => `${oid}\n`).join('');
  const result = await runPastLocks(git, ['shallow.lock'], () => git(args, oids));
  if (result.code !== 0) throw remoteFailed(remote.shown, result);
}
