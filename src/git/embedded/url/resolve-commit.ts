import type { Oid } from '../../../domain/event.js';
import {
  abbreviationIn,
  commitBeginning,
  commitOf,
  isOid,
  parentsOf,
  parseRev,
  refNamesOf,
} from '../revs.js';
import type { RemoteRef } from './answers.js';
import type { ObjectCache } from './object-cache.js';
import type { Remote } from './protocol.js';

/**
 * The commit that a rev names at a remote repository, or undefined: an id comes before a name, and a name before the
 * beginning of an id. Names are read anew each time. The commit is here then.
 * @throws RegError REMOTE_FAILED, UNKNOWN_REV for what git understands and this does not
 */
export async function resolveRemoteCommit(
  remote: Remote,
  cache: ObjectCache,
  rev: string,
): Promise<Oid | undefined> {
  const parsed = parseRev(rev);
  if (parsed === undefined) return undefined;
  let commit = await startOf(remote, cache, parsed.base);
  for (const step of parsed.steps)
    if (commit !== undefined && step > 0) commit = await parentOf(cache, commit, step);
  return commit;
}

async function startOf(remote: Remote, cache: ObjectCache, base: string): Promise<Oid | undefined> {
  const { objects, obtain, obtainListed } = cache;
  const name = isOid(base) ? undefined : await nameOf(remote, base);
  const oid = name?.oid ?? (isOid(base) ? base.toLowerCase() : undefined);
  if (oid !== undefined) {
    const here = await commitOf(objects, oid);
    if (here !== undefined) return here;
    // with the names of its files, because whoever asks for a commit goes on to read it
    const wanted = { oids: [oid], filter: 'blob:none', shallow: true } as const;
    if (name !== undefined) await obtainListed(wanted);
    else if (!(await obtain(wanted))) return undefined;
    return commitOf(objects, oid);
  }
  const digits = abbreviationIn(base);
  if (digits === undefined) return undefined;
  // which commits there are tells nobody but their history
  const tips = await remote.listRefs(['refs/heads/', 'refs/tags/']);
  const oids = [...new Set(tips.map((tip) => tip.oid))];
  if (oids.length > 0) await obtainListed({ oids, filter: 'tree:0', shallow: false });
  return commitBeginning(objects, digits);
}

async function nameOf(remote: Remote, base: string): Promise<RemoteRef | undefined> {
  const names = refNamesOf(base);
  const listed = new Map((await remote.listRefs(names)).map((ref) => [ref.name, ref]));
  return listed.get(names.find((name) => listed.has(name)) ?? '');
}

async function parentOf(
  { objects, obtain }: ObjectCache,
  commit: Oid,
  step: number,
): Promise<Oid | undefined> {
  const parent = (await parentsOf(objects, commit))?.[step - 1];
  if (parent === undefined || (await objects.has(parent))) return parent;
  // further steps are likely to follow, and commits are small; a server whose own history was cut off has not got them
  return (await obtain({ oids: [parent], filter: 'tree:0', shallow: false })) ? parent : undefined;
}
