import { type Event, eventOf } from '../domain/event.js';
import type { ArtifactName } from '../domain/names.js';
import { confirms, type ListedTag, type Outline, outlineOf, type Summary } from '../domain/outline.js';
import { currentIn, latestVersion, stagesUsed } from '../domain/query.js';
import { type ArtifactState, stateOf } from '../domain/state.js';
import { parseTagName } from '../domain/tag-name.js';
import type { TagReader, TagReading, TagRef } from '../git/port.js';
import { readState } from './read.js';

/** The summary of every artifact that has an event. */
export type Summaries = ReadonlyMap<ArtifactName, Summary>;

/**
 * Reads what an overview says. Names come first; tag objects are read only for the tags that an answer rests upon, and
 * for the artifacts that names cannot settle (SPEC §3). The answer is that of `fullSummaries`.
 */
export async function readSummaries(tags: TagReader): Promise<Summaries> {
  const listed = await tags.listPeeledTags();
  // a listing that git could not finish: something is broken, and reading everything finds out what
  if (listed === undefined) return fullSummaries(tags);
  const artifacts = new Map<ArtifactName, ListedTag[]>();
  for (const { name: tag, oid: tagOid, peeledOid } of listed) {
    const name = peeledOid === undefined ? undefined : parseTagName(tag);
    if (name === undefined || peeledOid === undefined) continue;
    const own = artifacts.get(name.artifact);
    const one = { name, tag, tagOid, commit: peeledOid };
    if (own) own.push(one);
    else artifacts.set(name.artifact, [one]);
  }
  return settle(tags, artifacts);
}

/** The same by reading every tag object. */
export async function fullSummaries(tags: TagReader): Promise<Summaries> {
  return new Map([...(await readState(tags))].map(([name, artifact]) => [name, summaryOf(artifact)]));
}

async function settle(
  tags: TagReader,
  artifacts: ReadonlyMap<ArtifactName, readonly ListedTag[]>,
): Promise<Summaries> {
  const outlines = [...artifacts].map(([name, own]) => ({ name, own, outline: outlineOf(own) }));
  const asked = outlines.flatMap(({ own, outline }) => outline?.witnesses.map(({ listed }) => listed) ?? own);
  const objects = await readListed(tags, asked);
  const summaries = new Map<ArtifactName, Summary>();
  const unsettled: ListedTag[] = [];
  for (const { name, own, outline } of outlines)
    if (outline && holds(outline, objects)) summaries.set(name, outline.summary);
    else unsettled.push(...own);
  const rest = unsettled.filter(({ tag }) => !objects.has(tag));
  const all = new Map([...objects, ...(await readListed(tags, rest))]);
  const state = stateOf(unsettled.flatMap((listed) => eventIn(all, listed)));
  for (const [name, artifact] of state) summaries.set(name, summaryOf(artifact));
  return summaries;
}

type Objects = ReadonlyMap<string, TagReading>;

async function readListed(tags: TagReader, listed: readonly ListedTag[]): Promise<Objects> {
  const refs = new Map<string, TagRef>(listed.map(({ tag, tagOid }) => [tag, { name: tag, oid: tagOid }]));
  if (refs.size === 0) return new Map();
  const readings = await tags.readTags([...refs.values()]);
  return new Map(
    readings.map((reading) => ['tag' in reading ? reading.tag.name : reading.ref.name, reading]),
  );
}

const tagIn = (objects: Objects, { tag }: ListedTag) => {
  const reading = objects.get(tag);
  return reading && 'tag' in reading ? reading.tag : undefined;
};

const holds = ({ witnesses }: Outline, objects: Objects): boolean =>
  witnesses.every((witness) => confirms(witness, tagIn(objects, witness.listed)));

function eventIn(objects: Objects, listed: ListedTag): Event[] {
  const tag = tagIn(objects, listed);
  return tag ? [eventOf(listed.name, tag)] : [];
}

function summaryOf(artifact: ArtifactState): Summary {
  const stages = stagesUsed(artifact).flatMap((stage) => {
    const current = currentIn(artifact, stage);
    return current ? [[stage, current.version.id] as const] : [];
  });
  return { latest: latestVersion(artifact)?.id, stages: new Map(stages), deprecated: artifact.deprecated };
}
