import type { ArtifactName } from '../domain/names.js';
import { parseTagName } from '../domain/tag-name.js';
import { RegError } from '../errors.js';
import type { TagRef } from '../git/port.js';
import { shellLine } from '../shell.js';
import type { RegistryContext } from './context.js';

/**
 * Refuses to decide about an artifact on less than its remote knows: what is pushed then could come too early in the
 * order of events, and have no effect.
 * @throws RegError BEHIND_REMOTE, REMOTE_FAILED
 */
export async function refuseBehindRemote(
  { repository }: RegistryContext,
  artifact: ArtifactName,
  remote: string,
): Promise<void> {
  const [there, here] = await Promise.all([repository.listRemoteTags(remote), repository.listTags(artifact)]);
  const known = new Map(here.map((ref) => [ref.name, ref.oid]));
  const unknown = there.filter((ref) => isEventOf(artifact, ref) && known.get(ref.name) !== ref.oid);
  if (unknown.length === 0) return;
  const refspecs = unknown.map(({ name }) => `+refs/tags/${name}:refs/tags/${name}`);
  throw new RegError(
    'BEHIND_REMOTE',
    `${remote} has tags of ${artifact} that this repository lacks or holds otherwise: ${unknown.map((ref) => ref.name).join(', ')}`,
    `nothing was written; get them first: ${shellLine('git', 'fetch', '--no-tags', remote, ...refspecs)}`,
  );
}

const isEventOf = (artifact: ArtifactName, { name }: TagRef): boolean =>
  parseTagName(name)?.artifact === artifact;
