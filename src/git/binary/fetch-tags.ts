import type { Oid } from '../../domain/event.js';
import type { PeeledTagRef, RepositoryInspector } from '../port.js';
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
  const { near, far } = await byDistance(inspector, tags);
  await fetchOids(access, near, []);
  await fetchOids(access, far, ['--depth=1']);
}

/**
 * In a shallow clone a commit that is not here is fetched without its history, which could be long. For one that is here a
 * depth would make git forget the history that leads to it.
 */
async function byDistance(
  inspector: RepositoryInspector,
  tags: readonly PeeledTagRef[],
): Promise<{ near: readonly PeeledTagRef[]; far: readonly PeeledTagRef[] }> {
  if (!(await inspector.isShallow())) return { near: tags, far: [] };
  const commitOf = ({ peeledOid, oid }: PeeledTagRef): Oid => peeledOid ?? oid;
  const types = await inspector.objectTypes(tags.map(commitOf));
  const isHere = (tag: PeeledTagRef): boolean => types.get(commitOf(tag)) !== 'missing';
  return { near: tags.filter(isHere), far: tags.filter((tag) => !isHere(tag)) };
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
