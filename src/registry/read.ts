import { type Event, eventOf } from '../domain/event.js';
import type { ArtifactName } from '../domain/names.js';
import { type ArtifactState, artifactStateOf, type State, stateOf } from '../domain/state.js';
import { type EventName, parseTagName } from '../domain/tag-name.js';
import type { TagReader, TagRef } from '../git/port.js';

/** A registry, or one artifact of it, as its tags tell it. */
export interface Reading {
  events: Event[];
  /** The names of all tags that read as events, whether they count as one or not. */
  tagNames: Set<string>;
}

/** Reads the tags of one artifact, or of all, into events. Tags that are no events are passed over (SPEC §1). */
export async function readEvents(tags: TagReader, artifact?: ArtifactName): Promise<Reading> {
  const named: { ref: TagRef; name: EventName }[] = [];
  for (const ref of await tags.listTags(artifact)) {
    const name = parseTagName(ref.name);
    if (name && (artifact === undefined || name.artifact === artifact)) named.push({ ref, name });
  }
  const readings = await tags.readTags(named.map(({ ref }) => ref));
  const events = readings.flatMap((reading, index) => {
    const name = named[index]?.name;
    return 'tag' in reading && name ? [eventOf(name, reading.tag)] : [];
  });
  return { events, tagNames: new Set(named.map(({ ref }) => ref.name)) };
}

/** The state of a whole registry, now or at a time in seconds since the epoch. */
export async function readState(tags: TagReader, at?: number): Promise<State> {
  return stateOf((await readEvents(tags)).events, at);
}

/** The state of one artifact, without events when it is not registered. */
export async function readArtifact(tags: TagReader, name: ArtifactName, at?: number): Promise<ArtifactState> {
  return artifactStateOf(name, (await readEvents(tags, name)).events, at);
}

/** The names of all artifacts that some tag names, without reading tag objects. */
export async function readArtifactNames(tags: TagReader): Promise<ArtifactName[]> {
  const names = new Set<ArtifactName>();
  for (const { name } of await tags.listTags()) {
    const event = parseTagName(name);
    if (event) names.add(event.artifact);
  }
  return [...names].sort();
}
