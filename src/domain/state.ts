import { type Event, eventNamed, type NamedEvent, type Oid } from './event.js';
import { type ArtifactName, artifactNameFromTag, type StageName } from './names.js';
import { inOrder, type OrderedEvent } from './order.js';
import { isMarkAt, markIn, parseBehind, type StageEventName, type VersionEventName } from './tag-name.js';
import { compareVersions, type Version } from './version.js';

// What tags say of an artifact (docs/specification.md, 3 State): every question is written once, over events whose names are known
// and whose objects may be. A question that needs an object says so, and is asked again when it is there. With every object known this
// is a fold over the events; with names alone it is the fast path.

/** What a version is called: `v1.2.0`, or the full commit id of one that was assigned without being registered. */
export type VersionId = Version | Oid;

/** What the object of a tag says; `false`: it is there and is no event; `missing`: it is not there, or git cannot read it. */
export type Fact = Event | false | 'missing';

/** Facts by tag name. */
export type Known = ReadonlyMap<string, Fact>;

type VersionEvent = NamedEvent & VersionEventName;
type StageEvent = NamedEvent & StageEventName;

/** The events of one artifact, by what they are about. */
export class Artifact {
  readonly events: NamedEvent[] = [];
  readonly registrations: VersionEvent[] = [];
  readonly stages = new Map<StageName, StageEvent[]>();
  hasDeprecation = false;
  /** Indexes where the events are ordered: then every one of them is asked about, elsewhere a few. */
  readonly #byVersion = new Map<Version, VersionEvent[]>();
  readonly #byCommit = new Map<Oid, VersionEvent[]>();

  /** @param isOrdered whether events are added oldest first, each with its object known */
  constructor(
    readonly name: ArtifactName,
    readonly isOrdered = false,
  ) {}

  add(event: NamedEvent): void {
    this.events.push(event);
    if ('stage' in event) push(this.stages, event.stage, event);
    else if (event.kind === 'deprecation') this.hasDeprecation = true;
    else {
      if (event.kind === 'registration') this.registrations.push(event);
      if (!this.isOrdered) return;
      push(this.#byVersion, event.version, event);
      if (event.kind === 'registration') push(this.#byCommit, event.commit, event);
    }
  }

  /** The registrations and deregistrations of a version. */
  eventsOf(version: Version): readonly VersionEvent[] {
    if (this.isOrdered) return this.#byVersion.get(version) ?? [];
    return this.events.filter(
      (event): event is VersionEvent => 'version' in event && event.version === version,
    );
  }

  /** The registrations that may be at a commit: those that the listing puts there, and those whose commit it does not know. */
  registrationsAt(commit: Oid): readonly VersionEvent[] {
    if (this.isOrdered) return this.#byCommit.get(commit) ?? [];
    return this.registrations.filter((event) => event.commit === commit || event.commit === 'unknown');
  }

  /** Every version that some event registers or deregisters. */
  get versions(): Set<Version> {
    return new Set(this.events.flatMap((event) => ('version' in event ? event.version : [])));
  }
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

/** A tag as a listing shows it (git-for-each-ref(1)). */
export interface ListedTag {
  /** The short name, without `refs/tags/`. */
  name: string;
  oid: Oid;
  /** What an annotated tag leads to; undefined for a lightweight one, `unknown` where the listing cannot tell. */
  peeled?: Oid | 'unknown' | undefined;
}

/**
 * Tags by the artifact that their names begin with. Whether they are events is not looked at: a list is long, and the events of
 * one artifact are made when it is asked about, and are not kept.
 */
export function tagsByArtifact<T extends ListedTag>(tags: Iterable<T>): Map<ArtifactName, T[]> {
  const byArtifact = new Map<ArtifactName, T[]>();
  let start = '';
  let own: T[] | undefined;
  for (const tag of tags) {
    const { name } = tag;
    // neighbours in a list mostly have one artifact
    if (!(isMarkAt(name, start.length) && name.startsWith(start))) {
      start = name.slice(0, Math.max(0, markIn(name)));
      const artifact = artifactNameFromTag(start);
      own = artifact && (byArtifact.get(artifact) ?? []);
      if (artifact && own) byArtifact.set(artifact, own);
    }
    own?.push(tag);
  }
  return byArtifact;
}

/** The artifact that its annotated tags tell, without events where none of them is one. */
export function artifactIn(name: ArtifactName, tags: Iterable<ListedTag>): Artifact {
  const artifact = new Artifact(name);
  for (const { name: tag, oid, peeled } of tags) {
    const event = peeled === undefined ? undefined : parseBehind(name, tag, name.length);
    if (event !== undefined && peeled !== undefined) artifact.add(eventNamed(event, tag, oid, peeled));
  }
  return artifact;
}

/** Thrown where an answer needs objects that are not known yet; never leaves `settle`. */
class Needs {
  readonly events: ReadonlySet<NamedEvent>;
  constructor(events: Iterable<NamedEvent>) {
    this.events = new Set(events);
  }
}
/** Thrown where an answer needs an object that is missing; never leaves `settle`. */
class Damage {
  constructor(readonly event: NamedEvent) {}
}

/** An answer, or the events whose objects it still needs, or the event whose object is missing. */
export type Settled<T> =
  | { kind: 'answer'; answer: T }
  | { kind: 'need'; events: ReadonlySet<NamedEvent> }
  | { kind: 'damaged'; event: NamedEvent };

/** Asks a question with the objects that are known. It never guesses: what it does not ask for cannot change its answer. */
export function settle<T>(question: (facts: Facts) => T, known: Known): Settled<T> {
  try {
    return { kind: 'answer', answer: question(new Facts(known)) };
  } catch (error) {
    if (error instanceof Needs) return { kind: 'need', events: error.events };
    if (error instanceof Damage) return { kind: 'damaged', event: error.event };
    throw error;
  }
}

/** What tag objects say, as far as it is known. */
export class Facts {
  constructor(private readonly known: Known) {}

  /**
   * What the object of an event says, undefined where it is no event.
   * @param ahead what is likely to be asked next, so that one round brings it too
   */
  of(event: NamedEvent, ahead?: () => readonly NamedEvent[]): Event | undefined {
    if ('tagger' in event) return event as Event;
    const fact = this.known.get(event.tag);
    if (fact === undefined)
      throw new Needs([event, ...(ahead?.() ?? [])].filter(({ tag }) => !this.known.has(tag)));
    if (fact === 'missing') throw new Damage(event);
    return fact || undefined;
  }

  /** Those that are events, with what their objects say. */
  real(events: readonly NamedEvent[]): Event[] {
    return events.flatMap((event) => this.of(event, () => events) ?? []);
  }

  /** Asks several questions, so that what any of them needs comes in one round. */
  all<T>(questions: readonly (() => T)[]): T[] {
    const needed: NamedEvent[] = [];
    const answers: T[] = [];
    for (const question of questions) {
      try {
        answers.push(question());
      } catch (error) {
        if (!(error instanceof Needs)) throw error;
        needed.push(...error.events);
      }
    }
    if (needed.length > 0) throw new Needs(needed);
    return answers;
  }
}

/** Facts for an artifact whose events hold their own objects. */
export const COMPLETE = new Facts(new Map());

/**
 * Events of one artifact, oldest first (docs/specification.md, 2 Order of events). Counters alone order counted events; dates are asked
 * for only where they decide. Names that turn out to be no events may be among the result.
 */
function ordered<T extends NamedEvent>(
  group: readonly T[],
  artifact: Artifact,
  facts: Facts,
): readonly NamedEvent[] {
  if (group.length < 2 || artifact.isOrdered) return group;
  const sorted = [...group].sort((a, b) => (a.counter ?? -1) - (b.counter ?? -1));
  const firstCounted = sorted.findIndex(({ counter }) => counter !== undefined);
  if (firstCounted === 0 && sorted.every((one, index) => one.counter !== sorted[index + 1]?.counter))
    return sorted;
  const real = facts.real(sorted);
  // no counted event takes effect before the date of the first of them: what is uncounted and not later comes before them all
  const counted = real.filter(({ counter }) => counter !== undefined);
  const dates = counted.flatMap(({ counter, date }) => (counter === counted[0]?.counter ? date : []));
  const start = Math.min(...dates);
  if (real.every(({ counter, date }) => counter !== undefined || date <= start)) return inOrder(real);
  const wanted = new Set(real.map(({ tag }) => tag));
  const others = artifact.events.filter(({ counter, tag }) => counter !== undefined && !wanted.has(tag));
  return inOrder([...real, ...facts.real(others)]).filter(({ tag }) => wanted.has(tag));
}

/** The artifact as of a moment, in seconds since the epoch: its events up to then, oldest first. Asks every object for its date. */
export function asOf(artifact: Artifact, at: number, facts: Facts): Artifact {
  const past = new Artifact(artifact.name, true);
  for (const event of inOrder(facts.real(artifact.events))) if (event.time <= at) past.add(event);
  return past;
}

/** The effective time of an event, in seconds since the epoch: no counted event takes effect before one with a lesser counter. */
export function effectiveTime(event: Event, artifact: Artifact, facts: Facts): number {
  const { counter } = event;
  if (artifact.isOrdered) return (event as OrderedEvent).time;
  if (counter === undefined) return event.date;
  const before = artifact.events.filter((one) => one.counter !== undefined && one.counter <= counter);
  return inOrder(facts.real(before)).find(({ tag }) => tag === event.tag)?.time ?? event.date;
}

/** Whether the last event of a version is its registration, and not its deregistration. */
export function isActive(artifact: Artifact, version: Version, facts: Facts): boolean {
  const own = artifact.eventsOf(version);
  if (own.every(({ kind }) => kind === 'registration')) return own.some((event) => facts.of(event));
  return ordered(own, artifact, facts).findLast((event) => facts.of(event))?.kind === 'registration';
}

/** The last registration of a version, undefined where it has none. */
export const registrationOf = (artifact: Artifact, version: Version, facts: Facts): Event | undefined =>
  facts
    .real(ordered(artifact.eventsOf(version), artifact, facts))
    .findLast(({ kind }) => kind === 'registration');

/**
 * The version that an event of a stage is about: what its `Reg-Version` trailer states; else the one registered at its commit, the
 * latest registered at or before the event where there are several; else the commit itself.
 */
export function versionMoved(event: Event, artifact: Artifact, facts: Facts): VersionId {
  if (event.statedVersion !== undefined) return event.statedVersion;
  const listed = artifact.registrationsAt(event.commit);
  const here = facts.real(listed).filter(({ commit }) => commit === event.commit) as (Event & VersionEvent)[];
  const [first] = here;
  if (first === undefined) return event.commit;
  if (here.every(({ version }) => version === first.version)) return first.version;
  const order = artifact.isOrdered
    ? [...here, event].sort((a, b) => placeOf(a) - placeOf(b))
    : ordered([...here, event], artifact, facts);
  const at = order.findIndex(({ tag }) => tag === event.tag);
  return ((order[at - 1] ?? order[1]) as VersionEvent).version;
}

const placeOf = (event: Event): number => (event as OrderedEvent).place;

/** A version, and its last event for a stage. */
export interface LastEvent {
  id: VersionId;
  event: Event;
}

/** Every version that some event of a stage is about, with the last of these events, newest first. */
export function* lastEvents(artifact: Artifact, stage: StageName, facts: Facts): Generator<LastEvent> {
  const seen = new Set<VersionId>();
  const oldestFirst = ordered(artifact.stages.get(stage) ?? [], artifact, facts);
  const { length } = oldestFirst;
  for (let seenBefore = 0; seenBefore < length; seenBefore += 1) {
    const index = length - 1 - seenBefore;
    const named = oldestFirst[index] as NamedEvent;
    const event = facts.of(named, () => [
      // one more round for each doubling of what is looked at
      ...oldestFirst.slice(Math.max(0, length - 2 * seenBefore), index),
      ...artifact.registrationsAt(named.commit),
    ]);
    if (event === undefined) continue;
    const id = versionMoved(event, artifact, facts);
    if (seen.has(id)) continue;
    seen.add(id);
    yield { id, event };
  }
}

/** The versions in a stage, the current one first: active ones whose last event for the stage is an assignment. */
export function* inStage(artifact: Artifact, stage: StageName, facts: Facts): Generator<LastEvent> {
  for (const last of lastEvents(artifact, stage, facts)) {
    if (last.event.kind !== 'assignment') continue;
    // a bare commit needs no registration
    if (isVersion(last.id) && !isActive(artifact, last.id, facts)) continue;
    yield last;
  }
}

/** Whether an id is a version's, and not a bare commit's. */
export const isVersion = (id: VersionId): id is Version => id.startsWith('v');

/** The version that is current in a stage, with the assignment that made it so. */
export function current(artifact: Artifact, stage: StageName, facts: Facts): LastEvent | undefined {
  for (const first of inStage(artifact, stage, facts)) return first;
  return undefined;
}

/** The greatest active version by SemVer precedence, pre-releases included. */
export function latest(artifact: Artifact, facts: Facts): Version | undefined {
  let rest = artifact.registrations.map(({ version }) => version);
  while (rest.length > 0) {
    const greatest = rest.reduce((a, b) => (compareVersions(b, a) > 0 ? b : a));
    if (isActive(artifact, greatest, facts)) return greatest;
    rest = rest.filter((version) => version !== greatest);
  }
  return undefined;
}

/** The last event of an artifact where it is a deprecation. */
export function deprecation(artifact: Artifact, facts: Facts): Event | undefined {
  if (!artifact.hasDeprecation) return undefined;
  const last = ordered(artifact.events, artifact, facts).findLast((event) => facts.of(event));
  return last?.kind === 'deprecation' ? facts.of(last) : undefined;
}

/** Whether the last event of the artifact is a deprecation. */
export const isDeprecated = (artifact: Artifact, facts: Facts): boolean =>
  deprecation(artifact, facts) !== undefined;

/** Whether some event assigned a version of the artifact to a stage. */
export const wasAssigned = (artifact: Artifact, stage: StageName, facts: Facts): boolean =>
  facts.real((artifact.stages.get(stage) ?? []).filter(({ kind }) => kind === 'assignment')).length > 0;

/** The effective time of the last event, in seconds since the epoch; undefined without any. Asks every object for its date. */
export const lastTime = (artifact: Artifact, facts: Facts): number | undefined =>
  inOrder(facts.real(artifact.events)).at(-1)?.time;

/** Whether the artifact has an event. */
export const exists = (artifact: Artifact, facts: Facts): boolean =>
  artifact.events.some((event) => facts.of(event) !== undefined);

/** How much of an artifact's stages is looked at. Counts below zero stand for all. */
export interface View {
  /** So many versions of each stage, the current one first; 1 by default. */
  versionsPerStage?: number | undefined;
  /** Only the last so many stages that each version was assigned to; all by default. */
  assignmentsPerVersion?: number | undefined;
  /** No unregistered versions. */
  registeredOnly?: boolean | undefined;
}

/** The versions that stages hold, stages by name and the current version of each first; no stage is empty. */
export function heldByStage(artifact: Artifact, view: View, facts: Facts): Map<StageName, LastEvent[]> {
  const { versionsPerStage = 1, assignmentsPerVersion = -1, registeredOnly } = view;
  const takesFirst = versionsPerStage === 1 && assignmentsPerVersion < 0 && !registeredOnly;
  const stages = [...artifact.stages.keys()].sort();
  const held = facts.all(
    stages.map((stage) => () => {
      if (takesFirst) return [current(artifact, stage, facts) ?? []].flat();
      return [...inStage(artifact, stage, facts)].filter(({ id }) => isVersion(id) || !registeredOnly);
    }),
  );
  const recent =
    assignmentsPerVersion < 0 ? undefined : mostRecent(held.flat(), assignmentsPerVersion, artifact, facts);
  const byStage = new Map<StageName, LastEvent[]>();
  for (const [index, all] of held.entries()) {
    const some = recent ? all.filter(({ event }) => recent.has(event.tag)) : all;
    const shown = versionsPerStage < 0 ? some : some.slice(0, versionsPerStage);
    if (some.length > 0) byStage.set(stages[index] as StageName, shown);
  }
  return byStage;
}

/** The tags of the last so many assignments of each version. */
function mostRecent(
  held: readonly LastEvent[],
  count: number,
  artifact: Artifact,
  facts: Facts,
): Set<string> {
  const order = ordered(artifact.events, artifact, facts).map(({ tag }) => tag);
  const byVersion = new Map<VersionId, string[]>();
  for (const { id, event } of held) push(byVersion, id, event.tag);
  const recent = [...byVersion.values()].flatMap((tags) =>
    tags.sort((a, b) => order.indexOf(b) - order.indexOf(a)).slice(0, count),
  );
  return new Set(recent);
}

/** What an overview says of one artifact. */
export interface Summary {
  latest: VersionId | undefined;
  /** What each stage holds, the current version first, by the stage's name. */
  stages: readonly (readonly [StageName, readonly VersionId[]])[];
  deprecated: boolean;
}

/** The summary of an artifact, undefined where it has no event, or with `registeredOnly` no registration. */
export function summaryOf(artifact: Artifact, view: View, facts: Facts): Summary | undefined {
  const [held, greatest, deprecated] = facts.all<unknown>([
    () => heldByStage(artifact, view, facts),
    () => latest(artifact, facts),
    () => isDeprecated(artifact, facts),
  ]) as [Map<StageName, LastEvent[]>, Version | undefined, boolean];
  const isThere = (event: NamedEvent): boolean =>
    (!view.registeredOnly || event.kind === 'registration') && facts.of(event) !== undefined;
  const isKnown = greatest !== undefined || (held.size > 0 && !view.registeredOnly);
  if (!isKnown && !artifact.events.some(isThere)) return undefined;
  const stages = [...held].map(([stage, all]) => [stage, all.map(({ id }) => id)] as const);
  return { latest: greatest, stages, deprecated };
}
