import { type Event, eventOf } from '../domain/event.js';
import type { ArtifactName } from '../domain/names.js';
import { type ArtifactState, artifactStateOf, gathering, type State } from '../domain/state.js';
import { parseTagName } from '../domain/tag-name.js';
import type { TagReader, TagReading, TagRef } from '../git/port.js';

/** A registry, or one artifact of it, as its tags tell it. */
export interface Reading {
  events: Event[];
  /** The names of all tags that read as events, whether they count as one or not. */
  tagNames: Set<string>;
}

/** Reads the tags of one artifact, or of all, into events. */
export const readEvents = async (tags: TagReader, artifact?: ArtifactName): Promise<Reading> =>
  eventsIn(await tags.readTags(artifact), artifact);

/** The events among tags, of one artifact or of all. Tags that are no events are passed over (SPEC §1). */
export function eventsIn(readings: readonly TagReading[], artifact?: ArtifactName): Reading {
  const reading: Reading = { events: [], tagNames: new Set() };
  for (const one of readings) {
    const tagName = 'tag' in one ? one.tag.name : one.ref.name;
    const name = parseTagName(tagName);
    if (name === undefined || (artifact !== undefined && name.artifact !== artifact)) continue;
    reading.tagNames.add(tagName);
    if ('tag' in one) reading.events.push(eventOf(name, one.tag));
  }
  return reading;
}

/** The state of a whole registry, now or at a time in seconds since the epoch. */
export async function readState(tags: TagReader, at?: number): Promise<State> {
  const { add, state } = gathering();
  for await (const some of tags.streamTags?.() ?? [await tags.readTags()])
    for (const event of eachEventIn(some)) add(event);
  return state(at);
}

/** The events among all tags one by one: there may be so many that a list of them is felt. */
export function* eachEventIn(readings: readonly TagReading[]): Generator<Event> {
  for (const one of readings) {
    const name = 'tag' in one ? parseTagName(one.tag.name) : undefined;
    if ('tag' in one && name) yield eventOf(name, one.tag);
  }
}

/** The state of one artifact, without events when it is not registered. */
export async function readArtifact(tags: TagReader, name: ArtifactName, at?: number): Promise<ArtifactState> {
  return artifactStateOf(name, (await readEvents(tags, name)).events, at);
}

/** The states of some artifacts: one by its own tags, several from one listing, with their tag objects in one go. */
export async function readArtifacts(
  tags: TagReader,
  names: readonly ArtifactName[],
): Promise<Map<ArtifactName, ArtifactState>> {
  const [first, ...others] = new Set(names);
  if (first === undefined) return new Map();
  const isAsked = ({ name }: TagRef): boolean => {
    const artifact = parseTagName(name)?.artifact;
    return artifact !== undefined && names.includes(artifact);
  };
  const readings = await tags.readTags(others.length === 0 ? first : (await tags.listTags()).filter(isAsked));
  return new Map(names.map((name) => [name, artifactStateOf(name, eventsIn(readings, name).events)]));
}

/** The names of all artifacts that some tag names, without reading tag objects. */
export const readArtifactNames = async (tags: TagReader): Promise<ArtifactName[]> =>
  artifactNamesIn(await tags.listTags());

/** The names of the artifacts that these tags name. */
export function artifactNamesIn(tags: readonly TagRef[]): ArtifactName[] {
  const names = new Set<ArtifactName>();
  for (const { name } of tags) {
    const event = parseTagName(name);
    if (event) names.add(event.artifact);
  }
  return [...names].sort();
}
