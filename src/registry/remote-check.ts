import type { ArtifactName } from '../domain/names.js';
import { parseTagName } from '../domain/tag-name.js';
import { RegError } from '../errors.js';
import type { TagRef } from '../git/port.js';
import { shellLine } from '../shell.js';
import type { RegistryContext } from './context.js';
import type { WriteRow } from './write-row.js';

/**
 * Refuses to decide about an artifact on less than its remote knows: what is pushed then could come too early in the
 * order of events, and have no effect. Gives the names of the artifact's tags that the remote lacks.
 * @throws RegError BEHIND_REMOTE, REMOTE_FAILED
 */
export async function refuseBehindRemote(
  { repository }: RegistryContext,
  artifact: ArtifactName,
  remote: string,
): Promise<string[]> {
  const [there, here] = await Promise.all([repository.listRemoteTags(remote), repository.listTags(artifact)]);
  const hereByName = new Map(here.map((ref) => [ref.name, ref.oid]));
  const unknown = there.filter((ref) => isEventOf(artifact, ref) && hereByName.get(ref.name) !== ref.oid);
  if (unknown.length > 0) {
    const refspecs = unknown.map(({ name }) => `+refs/tags/${name}:refs/tags/${name}`);
    throw new RegError(
      'BEHIND_REMOTE',
      `${remote} has tags of ${artifact} that this repository lacks or holds otherwise: ${unknown.map((ref) => ref.name).join(', ')}`,
      `nothing was written; get them first: ${shellLine('git', 'fetch', '--no-tags', remote, ...refspecs)}`,
    );
  }
  const names = new Set(there.map((ref) => ref.name));
  return here.filter((ref) => isEventOf(artifact, ref) && !names.has(ref.name)).map((ref) => ref.name);
}

/**
 * Says which tags a remote still lacks after a write: an assignment alone is of no use to it without the registration.
 * @param lacking what it lacked before
 * @param rows what was pushed or deleted since
 */
export function alsoToPush(
  lacking: readonly string[],
  rows: readonly WriteRow[],
  remote: string,
): string | undefined {
  const left = lacking.filter((name) => !rows.some((row) => row.tag === name));
  if (left.length === 0) return undefined;
  const push = shellLine('git', 'push', remote, ...left.map((name) => `refs/tags/${name}`));
  return `${remote} lacks ${left.length === 1 ? 'an earlier tag' : `${left.length} earlier tags`}: ${push}`;
}

const isEventOf = (artifact: ArtifactName, { name }: TagRef): boolean =>
  parseTagName(name)?.artifact === artifact;
