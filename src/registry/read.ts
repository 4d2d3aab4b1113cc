import { type ArtifactState, artifactStateOf, gathering, type State } from '../domain/artifact.js';
import { type Event, eventOf, type NamedEvent } from '../domain/event.js';
import type { ArtifactName } from '../domain/names.js';
import { type Artifact, artifactIn, type Fact, type Facts, settle, tagsByArtifact } from '../domain/state.js';
import { parseTagName } from '../domain/tag-name.js';
import { type RegError, unreachable } from '../errors.js';
import { refOf, type TagReading, type TagRef, type Tags } from '../git/port.js';
import type { RegistryContext } from './context.js';
import { damaged } from './damage.js';

/** Which artifacts a question is about: one, or all. */
export type Scope = ArtifactName | 'all';

/**
 * The tags of a registry for questions. Where a tag with an event's name is lightweight here, the remote is asked for it by its name,
 * and its annotated tag takes its place. Listing throws RegError REMOTE_FAILED, BEHIND_REMOTE.
 */
export function annotatedTags(context: RegistryContext): Tags {
  const { tags } = context.repository;
  return {
    read: tags.read,
    list: async (scope) => {
      const listed = await tags.list(scope);
      const light: TagRef[] = [];
      for (const ref of listed.refs) {
        if (ref.peeled !== undefined) continue;
        const artifact = parseTagName(ref.name)?.artifact;
        if (artifact !== undefined && (scope === 'all' || artifact === scope)) light.push(ref);
      }
      if (light.length === 0) return listed;
      // loaded on use: most registries have none
      const { replaceLightweight } = await import('./lightweight.js');
      return (await replaceLightweight(context, light)) ? tags.list(scope) : listed;
    },
  };
}

/** What is taken beside the answers. */
export interface Asking {
  /** Takes each artifact that was answered for, and the objects that were read by then. */
  onAnswer?: (artifact: Artifact, known: ReadonlyMap<string, Fact>) => void;
  /** Takes each artifact whose answer an object could change that cannot be read, and its tag. */
  onDamage: (artifact: ArtifactName, tag: TagRef) => void;
}

/**
 * Asks a question about artifacts with as few tag objects as it needs: first with names alone, then again with the objects that it
 * still needs, those of all artifacts in one go.
 * @returns the answers by artifact, for artifacts that some annotated tag names
 */
export async function ask<T>(
  tags: Tags,
  scope: Scope,
  question: (artifact: Artifact, facts: Facts) => T,
  { onAnswer, onDamage }: Asking,
): Promise<Map<ArtifactName, T>> {
  const { refs, known: listed } = await tags.list(scope);
  const byArtifact = tagsByArtifact(refs);
  const known = new Map<string, Fact>();
  const answers = new Map<ArtifactName, T>();
  let open = scope === 'all' ? byArtifact : new Map([[scope, byArtifact.get(scope) ?? []]]);
  while (open.size > 0) {
    const needed = new Map<string, NamedEvent>();
    const unanswered: typeof open = new Map();
    for (const [name, own] of open) {
      // made again in each round: to keep all events of a large registry costs more
      const artifact = artifactIn(name, own);
      if (artifact.events.length === 0) continue;
      const settled = settle((facts) => question(artifact, facts), known);
      switch (settled.kind) {
        case 'answer':
          answers.set(name, settled.answer);
          onAnswer?.(artifact, known);
          break;
        case 'need':
          for (const event of settled.events) needed.set(event.tag, event);
          unanswered.set(name, own);
          break;
        case 'damaged':
          onDamage(name, { name: settled.event.tag, oid: settled.event.tagOid });
          break;
        default:
          return unreachable(settled);
      }
    }
    for (const [tag, fact] of await factsOf(tags, needed, listed)) known.set(tag, fact);
    open = unanswered;
  }
  return answers;
}

/** Reads the objects that are needed, apart from those that came with the list. */
async function factsOf(
  tags: Tags,
  needed: ReadonlyMap<string, NamedEvent>,
  listed: ReadonlyMap<string, TagReading>,
): Promise<[string, Fact][]> {
  const readings: TagReading[] = [];
  const unread: TagRef[] = [];
  for (const { tag, tagOid, commit } of needed.values()) {
    const reading = listed.get(tag);
    if (reading) readings.push(reading);
    else unread.push({ name: tag, oid: tagOid, peeled: commit });
  }
  if (unread.length > 0) readings.push(...(await tags.read(unread)));
  return readings.map((reading) => [
    refOf(reading).name,
    isDamage(reading) ? 'missing' : (eventIn(reading) ?? false),
  ]);
}

/** Whether what the tag is cannot be known, and not that it is no event. */
const isDamage = (reading: TagReading): reading is Extract<TagReading, { defect: unknown }> =>
  'defect' in reading && reading.defect === 'missing';

/** The event that a tag is; undefined for one whose name or object is no event. */
function eventIn(reading: TagReading): Event | undefined {
  const name = 'tag' in reading ? parseTagName(reading.tag.name) : undefined;
  return 'tag' in reading && name ? eventOf(name, reading.tag) : undefined;
}

/** A registry, or one artifact of it, as its tags tell it. */
export interface Reading {
  events: Event[];
  /** The names of all tags that read as events, whether they count as one or not. */
  tagNames: Set<string>;
  /** Those whose objects cannot be read, each with its artifact. */
  damage: [ArtifactName, TagRef][];
}

/**
 * The events among tags where each could be read. Tags that are no events are passed over.
 * @throws RegError DAMAGED
 */
export async function wholeEventsIn(
  context: RegistryContext,
  readings: Iterable<TagReading>,
  artifact?: ArtifactName,
): Promise<Reading> {
  const reading = eventsIn(readings, artifact);
  for (const [name, tag] of reading.damage) throw await damaged(context, name, tag);
  return reading;
}

/** The events among tags, of one artifact or of all. Tags that are no events are passed over. */
export function eventsIn(readings: Iterable<TagReading>, artifact?: ArtifactName): Reading {
  const reading: Reading = { events: [], tagNames: new Set(), damage: [] };
  for (const one of readings) {
    const tagName = refOf(one).name;
    const name = parseTagName(tagName);
    if (name === undefined || (artifact !== undefined && name.artifact !== artifact)) continue;
    reading.tagNames.add(tagName);
    if ('tag' in one) reading.events.push(eventOf(name, one.tag));
    else if (isDamage(one)) reading.damage.push([name.artifact, one.ref]);
  }
  return reading;
}

/** So many tag objects are read at a time: a registry has more than are wanted in memory at once. */
const BATCH = 10_000;

/** Reads every tag that may be an event, of one artifact or of all, some at a time. */
export async function* readTags(tags: Tags, scope: Scope): AsyncGenerator<readonly TagReading[], void> {
  const { refs, known } = await tags.list(scope);
  if (known.size > 0) yield [...known.values()].filter((reading) => mayBeEvent(refOf(reading).name));
  let batch: TagRef[] = [];
  for (const ref of refs) {
    // a server may be unable to send a tag that is no event, and no question is about it
    if (known.has(ref.name) || !mayBeEvent(ref.name)) continue;
    batch.push(ref);
    if (batch.length < BATCH) continue;
    yield await tags.read(batch);
    batch = [];
  }
  if (batch.length > 0) yield await tags.read(batch);
}

const mayBeEvent = (tagName: string): boolean => /[@#]/.test(tagName);

/** The same in one list. */
export async function readAllTags(tags: Tags, scope: Scope): Promise<TagReading[]> {
  const readings: TagReading[] = [];
  for await (const some of readTags(tags, scope)) for (const one of some) readings.push(one);
  return readings;
}

/**
 * Reads the tags of one artifact into events.
 * @throws RegError DAMAGED
 */
export const readEvents = async (context: RegistryContext, artifact: ArtifactName): Promise<Reading> =>
  wholeEventsIn(context, await readAllTags(annotatedTags(context), artifact), artifact);

/**
 * The state of a whole registry, now or at a time in seconds since the epoch.
 * @param onDamage takes the artifacts with a tag that cannot be read, which the state then lacks
 * @throws RegError DAMAGED where nothing takes them
 */
export async function readState(
  context: RegistryContext,
  at?: number,
  onDamage?: (artifact: ArtifactName, error: RegError) => void,
): Promise<State> {
  const { add, state } = gathering();
  const broken = new Map<ArtifactName, TagRef>();
  for await (const some of readTags(annotatedTags(context), 'all'))
    for (const reading of some) {
      const event = eventIn(reading);
      if (event) add(event);
      else if (isDamage(reading)) {
        const name = parseTagName(reading.ref.name);
        if (name) broken.set(name.artifact, reading.ref);
      }
    }
  for (const [name, tag] of broken) {
    const error = await damaged(context, name, tag);
    if (onDamage === undefined) throw error;
    onDamage(name, error);
  }
  const all = state(at);
  return broken.size === 0 ? all : new Map([...all].filter(([name]) => !broken.has(name)));
}

/**
 * The state of one artifact, without events when it is not registered.
 * @throws RegError DAMAGED
 */
export async function readArtifact(
  context: RegistryContext,
  name: ArtifactName,
  at?: number,
): Promise<ArtifactState> {
  return artifactStateOf(name, (await readEvents(context, name)).events, at);
}

/**
 * The states of some artifacts: one by its own tags, several from one listing, with their tag objects in one go.
 * @throws RegError DAMAGED
 */
export async function readArtifacts(
  context: RegistryContext,
  names: readonly ArtifactName[],
): Promise<Map<ArtifactName, ArtifactState>> {
  const [first, ...others] = new Set(names);
  if (first === undefined) return new Map();
  if (others.length === 0) return new Map([[first, await readArtifact(context, first)]]);
  const tags = annotatedTags(context);
  const { refs, known } = await tags.list('all');
  const asked = [...refs].filter(({ name }) => {
    const artifact = parseTagName(name)?.artifact;
    return artifact !== undefined && names.includes(artifact);
  });
  const unread = asked.filter(({ name }) => !known.has(name));
  const readings = [...known.values(), ...(unread.length === 0 ? [] : await tags.read(unread))];
  const states = new Map<ArtifactName, ArtifactState>();
  for (const name of names)
    states.set(name, artifactStateOf(name, (await wholeEventsIn(context, readings, name)).events));
  return states;
}

/** The names of all artifacts that some tag names, without reading tag objects. */
export const readArtifactNames = async (tags: Tags): Promise<ArtifactName[]> =>
  artifactNamesIn((await tags.list('all')).refs);

/** The names of the artifacts that these tags name. */
export function artifactNamesIn(tags: Iterable<Pick<TagRef, 'name'>>): ArtifactName[] {
  const names = new Set<ArtifactName>();
  for (const { name } of tags) {
    const event = parseTagName(name);
    if (event) names.add(event.artifact);
  }
  return [...names].sort();
}
