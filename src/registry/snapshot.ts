import { artifactStateOf } from '../domain/artifact.js';
import type { ArtifactName } from '../domain/names.js';
import type { Snapshot } from '../domain/plan.js';
import type { RegistryRepository } from '../git/port.js';
import type { Writer } from './apply.js';
import type { RegistryContext } from './context.js';
import { artifactNamesIn, eventsIn, readArtifactNames } from './read.js';

/** Everything that a decision about one artifact may depend on. */
export async function takeSnapshot(
  { repository, config }: RegistryContext,
  artifact: ArtifactName,
  writer: Writer,
): Promise<Omit<Snapshot, 'mayLack'>> {
  const { identity, push, view } = writer;
  // what was read for a push is newer than the remote's turn; other writers have to be held back first, by the turn here
  const readings = (push ? view?.readings : undefined) ?? (await repository.readTags(artifact));
  const { events, tagNames: names } = eventsIn(readings, artifact);
  // a name that is taken at the remote is taken, also by something that is no event
  const tagNames = new Set([...names, ...(view?.tags ?? []).map(({ name }) => name)]);
  const otherArtifacts = tagNames.size === 0 ? await otherNames(repository, writer) : [];
  const { stages } = await config();
  const state = artifactStateOf(artifact, events);
  return { artifact: state, tagNames, otherArtifacts, stages, now: identity.now, shared: push };
}

/** The artifacts that a new one could be taken for, here and at the remote. */
async function otherNames(repository: RegistryRepository, { view, remote }: Writer): Promise<ArtifactName[]> {
  const here = await readArtifactNames(repository.tags);
  if (view === undefined || repository.url !== undefined) return here;
  return [...here, ...artifactNamesIn(await repository.listRemoteTags(remote))];
}
