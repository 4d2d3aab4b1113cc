import type { AnnotatedTag, Oid } from './event.js';
import { eventOf } from './event.js';
import type { StageName } from './names.js';
import type { VersionId } from './state.js';
import { type EventName, parseTagName, type StageEventName } from './tag-name.js';
import type { Version } from './version.js';
import { compareVersions } from './version-order.js';

/** An annotated tag as a listing shows it: everything but what its object says. */
export interface ListedTag {
  tag: string;
  tagOid: Oid;
  /** What the tag leads to, by the word of the listing. */
  commit: Oid;
}

/** What an overview says of one artifact. */
export interface Summary {
  latest: VersionId | undefined;
  /** The current version of each stage that holds one. */
  stages: ReadonlyMap<StageName, VersionId>;
  deprecated: boolean;
}

/**
 * The summary of an artifact as names alone tell it, and the tags that it rests upon: it holds when the object of every
 * witness says what the listing promised. Nothing that another tag's object could say would change it.
 */
export interface Outline {
  summary: Summary;
  witnesses: readonly Witness[];
}

/** A tag that an outline rests upon; `of` is the version that the outline takes it to be about. */
export interface Witness {
  listed: ListedTag;
  of: VersionId;
}

/**
 * Gathers the tags of one artifact, in any order. Of most of them only the number in the listing is kept: there are many,
 * and what is said of the artifact rests upon a few.
 */
export interface Sketch {
  /** The numbers of all tags. */
  numbers: readonly number[];
  add(name: EventName, number: number): void;
  /**
   * Tells the summary, or gives undefined where only tag objects can settle it (SPEC §3): a deprecation or deregistration,
   * whose date decides; an uncounted or doubly counted stage event; a stage that was emptied last; two registrations of one
   * version, or two versions at an assigned commit.
   * @param listed the tag with a number
   */
  outline(listed: (number: number) => ListedTag): Outline | undefined;
}

interface LastOfStage {
  kind: StageEventName['kind'];
  counter: number;
  number: number;
}

/** Begins to gather the tags of an artifact. */
export function sketch(): Sketch {
  const numbers: number[] = [];
  const registrations: number[] = [];
  const counters = new Set<number>();
  const lastOf = new Map<StageName, LastOfStage>();
  let greatest: { version: Version; number: number } | undefined;
  let mayRepeat = false;
  let isOpen = false;

  const addStageEvent = ({ kind, stage, counter }: StageEventName, number: number): void => {
    if (counter === undefined || counters.has(counter)) isOpen = true;
    else if (counter > (lastOf.get(stage)?.counter ?? -1)) lastOf.set(stage, { kind, counter, number });
    counters.add(counter ?? -1);
  };
  return {
    numbers,
    add: (name, number) => {
      numbers.push(number);
      if (name.kind === 'assignment' || name.kind === 'unassignment') return addStageEvent(name, number);
      if (name.kind !== 'registration') {
        isOpen = true;
        return;
      }
      registrations.push(number);
      // names without a counter are as different as their versions
      mayRepeat ||= name.counter !== undefined;
      if (greatest === undefined || compareVersions(name.version, greatest.version) > 0)
        greatest = { version: name.version, number };
    },
    outline: (listed) => {
      if (isOpen || (mayRepeat && isRepeated(registrations, listed))) return undefined;
      return conclude({ registrations, greatest, lastOf, listed });
    },
  };
}

function isRepeated(registrations: readonly number[], listed: (number: number) => ListedTag): boolean {
  return new Set(registrations.map((number) => versionIn(listed(number)))).size < registrations.length;
}

function versionIn({ tag }: ListedTag): Version {
  const name = parseTagName(tag);
  if (name === undefined || !('version' in name)) throw new Error(`${tag} is no registration`);
  return name.version;
}

interface Gathered {
  registrations: readonly number[];
  greatest: { version: Version; number: number } | undefined;
  lastOf: ReadonlyMap<StageName, LastOfStage>;
  listed: (number: number) => ListedTag;
}

function conclude({ registrations, greatest, lastOf, listed }: Gathered): Outline | undefined {
  const assignments = new Map([...lastOf].map(([stage, { number }]) => [stage, listed(number)]));
  const versionsAt = registeredAt(
    new Set([...assignments.values()].map(({ commit }) => commit)),
    registrations,
    listed,
  );
  const stages = new Map<StageName, VersionId>();
  const witnesses: Witness[] = [];
  for (const [stage, assignment] of assignments) {
    const here = versionsAt.get(assignment.commit) ?? [];
    if (here.length > 1 || lastOf.get(stage)?.kind === 'unassignment') return undefined;
    const [registration] = here;
    const of = registration ? versionIn(registration) : assignment.commit;
    stages.set(stage, of);
    witnesses.push({ listed: assignment, of });
    if (registration) witnesses.push({ listed: registration, of });
  }
  if (greatest) witnesses.push({ listed: listed(greatest.number), of: greatest.version });
  return { summary: { latest: greatest?.version, stages, deprecated: false }, witnesses };
}

/** The registrations at some commits. */
function registeredAt(
  commits: ReadonlySet<Oid>,
  registrations: readonly number[],
  listed: (number: number) => ListedTag,
): Map<Oid, ListedTag[]> {
  const found = new Map<Oid, ListedTag[]>();
  if (commits.size === 0) return found;
  for (const number of registrations) {
    const one = listed(number);
    if (commits.has(one.commit)) found.set(one.commit, [...(found.get(one.commit) ?? []), one]);
  }
  return found;
}

/**
 * Whether a tag's object says what an outline takes it to say.
 * @param tag undefined when the object is broken or leads to no commit
 */
export function confirms({ listed, of }: Witness, tag: AnnotatedTag | undefined): boolean {
  const name = tag && parseTagName(tag.name);
  if (tag === undefined || name === undefined || tag.commit !== listed.commit) return false;
  return (eventOf(name, tag).statedVersion ?? of) === of;
}
