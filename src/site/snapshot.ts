import type { ArtifactName } from '../domain/names.js';
import { parseTagName } from '../domain/tag-name.js';
import type { TagReading, TagRef } from '../git/port.js';
import type { RegistryContext } from '../registry/context.js';
import { rememberingReader } from './remembering-reader.js';
import { readAllTags } from '../registry/read.js';

/**
 * The registry as it is now, its tags read once: whatever is asked of it later tells of the same moment, and a site of a
 * thousand artifacts does not read them a thousand times.
 */
export async function snapshotOf(context: RegistryContext): Promise<RegistryContext> {
  const readings = await readAllTags(context.repository.tags, 'all');
  const byArtifact = new Map<ArtifactName, TagReading[]>();
  for (const reading of readings) {
    const artifact = parseTagName(refOf(reading).name)?.artifact;
    if (artifact === undefined) continue;
    const own = byArtifact.get(artifact);
    if (own) own.push(reading);
    else byArtifact.set(artifact, [reading]);
  }
  const of = (artifact: ArtifactName): TagReading[] => byArtifact.get(artifact) ?? [];
  return {
    ...context,
    repository: {
      ...rememberingReader(context.repository),
      tags: {
        list: async (scope) => {
          const own = scope === 'all' ? readings : of(scope);
          const known = new Map(own.map((reading) => [refOf(reading).name, reading]));
          return { refs: own.map((reading) => ({ ...refOf(reading), peeled: peeledOf(reading) })), known };
        },
        read: async (refs) => {
          const names = new Set(refs.map(({ name }) => name));
          return readings.filter((reading) => names.has(refOf(reading).name));
        },
      },
    },
  };
}

const peeledOf = (reading: TagReading): TagRef['peeled'] => {
  if ('tag' in reading) return reading.tag.commit;
  return reading.defect === 'lightweight' ? undefined : 'unknown';
};

const refOf = (reading: TagReading): TagRef => ('tag' in reading ? reading.tag : reading.ref);
