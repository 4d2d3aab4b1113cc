import { type Event, eventOf } from '../domain/event.js';
import type { ArtifactName } from '../domain/names.js';
import { confirms, type Outline, outlineOf, type Summary } from '../domain/outline.js';
import { currentIn, latestVersion, stagesUsed } from '../domain/query.js';
import type { Sketch } from '../domain/sketch.js';
import { type ArtifactState, stateOf } from '../domain/state.js';
import { parseTagName } from '../domain/tag-name.js';
import type { TagReader, TagReading } from '../git/port.js';
import { NOWHERE, type TagListing } from '../git/tag-listing.js';
import { sketchesIn } from './by-names.js';
import { readState } from './read.js';

/** The summary of every artifact that has an event. */
export type Summaries = ReadonlyMap<ArtifactName, Summary>;

/**
 * Reads what an overview says. Names come first; tag objects are read only for the tags that an answer rests upon, and
 * for the artifacts that names cannot settle (SPEC §3). The answer is that of `fullSummaries`.
 */
export async function readSummaries(tags: TagReader): Promise<Summaries> {
  const listing = await tags.listPeeledTags();
  // a listing that git could not finish: something is broken, and reading everything finds out what
  return listing === undefined ? fullSummaries(tags) : settle(tags, listing);
}

/** The same by reading every tag object. */
export async function fullSummaries(tags: TagReader): Promise<Summaries> {
  return new Map([...(await readState(tags))].map(([name, artifact]) => [name, summaryOf(artifact)]));
}

async function settle(tags: TagReader, listing: TagListing): Promise<Summaries> {
  const outlines = [...sketchesIn(listing)]
    // of a name that no event bears nothing is said
    .filter(([, { hasEvents }]) => hasEvents)
    .map(([name, sketch]) => ({ name, sketch, outline: outlineOf(listing, sketch) }));
  const asked = outlines.flatMap(({ outline }) => outline?.witnesses.map(({ tag }) => tag) ?? []);
  const objects = await readAt(tags, listing, asked);
  const summaries = new Map<ArtifactName, Summary>();
  const unsettled: number[] = [];
  for (const { name, sketch, outline } of outlines)
    if (outline && holds(outline, objects)) summaries.set(name, outline.summary);
    else unsettled.push(...placesOf(listing, name, sketch));
  const rest = await readAt(tags, listing, unsettled);
  for (const [name, artifact] of stateOf([...rest.values()].flatMap(eventIn)))
    summaries.set(name, summaryOf(artifact));
  return summaries;
}

/** The places of all annotated tags of an artifact. */
function placesOf(listing: TagListing, artifact: ArtifactName, { first, last }: Sketch): number[] {
  const places: number[] = [];
  listing.each(
    (place, _from, _to, target) => {
      if (target !== NOWHERE && parseTagName(listing.tag(place).name)?.artifact === artifact)
        places.push(place);
    },
    first,
    last + 1,
  );
  return places;
}

/** What the objects of some tags say, by the places of the tags. */
async function readAt(
  tags: TagReader,
  listing: TagListing,
  asked: readonly number[],
): Promise<Map<number, TagReading>> {
  if (asked.length === 0) return new Map();
  const places = [...new Set(asked)];
  const readings = await tags.readTags(places.map(listing.tag));
  return new Map(readings.map((reading, index) => [places[index] ?? NOWHERE, reading]));
}

const holds = ({ witnesses }: Outline, objects: ReadonlyMap<number, TagReading>): boolean =>
  witnesses.every((witness) => {
    const reading = objects.get(witness.tag);
    return confirms(witness, reading && 'tag' in reading ? reading.tag : undefined);
  });

function eventIn(reading: TagReading): Event[] {
  if (!('tag' in reading)) return [];
  const name = parseTagName(reading.tag.name);
  return name ? [eventOf(name, reading.tag)] : [];
}

function summaryOf(artifact: ArtifactState): Summary {
  const stages = stagesUsed(artifact).flatMap((stage) => {
    const current = currentIn(artifact, stage);
    return current ? [[stage, current.version.id] as const] : [];
  });
  return { latest: latestVersion(artifact)?.id, stages: new Map(stages), deprecated: artifact.deprecated };
}
