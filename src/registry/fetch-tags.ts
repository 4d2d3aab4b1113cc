import type { ArtifactName } from '../domain/names.js';
import { parseTagName } from '../domain/tag-name.js';
import { bring, catchUp, compareTags, listBothSides } from './catch-up.js';
import type { RegistryContext } from './context.js';
import { noteOfLacking } from './forks.js';
import { markGone } from './missing.js';
import { readArtifact, readState } from './read.js';

/**
 * Brings the tags that the remote has and this clone does not, of one artifact or of all. A question is then answered as at the remote. Without a remote, and at a URL, all is there already. Tags that differ are an error of one artifact, and a note of all.
 * @param scope a name without tags at the remote means all: it may be a part of a longer one
 * @throws RegError REMOTE_FAILED, GIT_MISSING, BEHIND_REMOTE
 */
export async function fetchTags(context: RegistryContext, scope: ArtifactName | 'all'): Promise<void> {
  const { repository, remote: chosen } = context;
  if (repository.address !== undefined) return;
  const remote = await chosen();
  if (!(await repository.hasRemote(remote))) return;
  const isUnknown = scope !== 'all' && (await catchUp(repository, scope, remote)).tags.length === 0;
  const elsewhere = isUnknown ? await noteOfLacking(context, remote, scope) : undefined;
  if (elsewhere !== undefined) context.note(elsewhere);
  const isWhole = scope === 'all' || isUnknown;
  if (isWhole) await fetchAll(context, remote);
  // lightweight and damaged tags were compared already
  const quiet = { ...context, offline: true, note: () => undefined };
  const states = isWhole
    ? [...(await readState(quiet, undefined, () => undefined)).values()]
    : [await readArtifact(quiet, scope)];
  // what is not here now, the remote does not have either
  await markGone(
    context,
    states.map(({ events }) => events),
  );
}

async function fetchAll({ repository, note }: RegistryContext, remote: string): Promise<void> {
  const { here, there, damaged } = await listBothSides(repository, remote);
  const { wanted, differing } = compareTags(here, there, damaged);
  const names = new Set(differing.flatMap(({ name }) => parseTagName(name)?.artifact ?? []));
  if (names.size > 0)
    note(
      `warning: ${remote} has other tags under the same names of ${[...names].sort().join(', ')}; see: reg status`,
    );
  await bring(repository, remote, wanted);
}
