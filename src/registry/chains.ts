import type { ArtifactState } from '../domain/artifact.js';
import { type Break, breaksIn, goneParents } from '../domain/chain.js';
import type { Oid } from '../domain/event.js';
import type { Tags } from '../git/port.js';

/** Checks the histories of artifacts. Objects that no tag holds any more are read for their names, all at once. */
export async function findBreaks(
  tags: Tags,
  artifacts: readonly ArtifactState[],
  held: ReadonlyMap<string, Oid>,
): Promise<Break[]> {
  const gone = [...new Set(artifacts.flatMap(goneParents))];
  const names = gone.length === 0 ? new Map<Oid, string>() : await ownNames(tags, gone);
  return artifacts.flatMap((artifact) => breaksIn(artifact, names, held));
}

/** The own names of tag objects; those that do not exist any more are left out. */
async function ownNames(tags: Tags, oids: readonly Oid[]): Promise<Map<Oid, string>> {
  const readings = await tags.read(oids.map((oid) => ({ name: '', oid }))).catch(() => []);
  return new Map(
    readings.flatMap((one) =>
      'tag' in one && one.tag.ownName !== undefined ? [[one.tag.oid, one.tag.ownName] as const] : [],
    ),
  );
}
