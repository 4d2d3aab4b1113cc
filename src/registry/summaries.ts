import { type Event, eventOf } from '../domain/event.js';
import type { ArtifactName } from '../domain/names.js';
import { confirms, type ListedTag, type Outline, type Summary } from '../domain/outline.js';
import { currentIn, latestVersion, stagesUsed } from '../domain/query.js';
import { type ArtifactState, stateOf } from '../domain/state.js';
import { survey } from '../domain/survey.js';
import { parseTagName } from '../domain/tag-name.js';
import type { TagReader, TagReading, TagRef } from '../git/port.js';
import type { TagListing } from '../git/tag-listing.js';
import { listedIn } from './by-names.js';
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
  const { artifacts, add } = survey();
  listing.eachAnnotated(add);
  const listed = listedIn(listing);
  const outlines = [...artifacts].map(([name, { numbers, outline }]) => ({
    name,
    numbers,
    outline: outline(listed),
  }));
  const asked = outlines.flatMap(
    ({ numbers, outline }) => outline?.witnesses.map((witness) => witness.listed) ?? numbers.map(listed.tag),
  );
  const objects = await readListed(tags, asked);
  const summaries = new Map<ArtifactName, Summary>();
  const unsettled: ListedTag[] = [];
  for (const { name, numbers, outline } of outlines)
    if (outline && holds(outline, objects)) {
      // of a name that no event bears nothing is said
      if (numbers.length > 0) summaries.set(name, outline.summary);
    } else for (const number of numbers) unsettled.push(listed.tag(number));
  const rest = unsettled.filter(({ tag }) => !objects.has(tag));
  const all = rest.length === 0 ? objects : new Map([...objects, ...(await readListed(tags, rest))]);
  for (const [name, artifact] of stateOf(unsettled.flatMap((one) => eventIn(all, one))))
    summaries.set(name, summaryOf(artifact));
  return summaries;
}

type Objects = ReadonlyMap<string, TagReading>;

async function readListed(tags: TagReader, listed: readonly ListedTag[]): Promise<Objects> {
  const refs = new Map<string, TagRef>();
  for (const { tag, tagOid } of listed) refs.set(tag, { name: tag, oid: tagOid });
  const objects = new Map<string, TagReading>();
  if (refs.size === 0) return objects;
  for (const reading of await tags.readTags([...refs.values()]))
    objects.set('tag' in reading ? reading.tag.name : reading.ref.name, reading);
  return objects;
}

const tagIn = (objects: Objects, { tag }: ListedTag) => {
  const reading = objects.get(tag);
  return reading && 'tag' in reading ? reading.tag : undefined;
};

const holds = ({ witnesses }: Outline, objects: Objects): boolean =>
  witnesses.every((witness) => confirms(witness, tagIn(objects, witness.listed)));

function eventIn(objects: Objects, listed: ListedTag): Event[] {
  const tag = tagIn(objects, listed);
  const name = parseTagName(listed.tag);
  return tag && name ? [eventOf(name, tag)] : [];
}

function summaryOf(artifact: ArtifactState): Summary {
  const stages = stagesUsed(artifact).flatMap((stage) => {
    const current = currentIn(artifact, stage);
    return current ? [[stage, current.version.id] as const] : [];
  });
  return { latest: latestVersion(artifact)?.id, stages: new Map(stages), deprecated: artifact.deprecated };
}
