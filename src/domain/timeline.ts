import type { ArtifactState, ResolvedEvent } from './artifact.js';
import type { Event, NamedEvent, Oid } from './event.js';
import type { StageName } from './names.js';
import { inOrder, type OrderedEvent } from './order.js';
import {
  Artifact,
  COMPLETE,
  current,
  type Facts,
  isActive,
  isVersion,
  type VersionId,
  versionMoved,
} from './state.js';
import { compareVersions, type Version } from './version.js';

/** One uninterrupted time during which a version was the current one in a stage. */
export interface Interval {
  version: VersionId;
  stage: StageName;
  /** The event that made it current; its `time` is when the interval began. */
  from: ResolvedEvent;
  /** The event that ended it; undefined while it lasts. */
  until: ResolvedEvent | undefined;
}

type Events = Pick<ArtifactState, 'name' | 'events'>;

/** One uninterrupted time during which a question about an artifact had the same answer. */
export interface Span<T> {
  answer: T;
  /** The event that made it so; its `time` is when it began. */
  from: ResolvedEvent;
  /** The event that ended it; undefined while it lasts. */
  until: ResolvedEvent | undefined;
}

/**
 * How the answer to a question went on, oldest first, also the spans that began and ended in the same second. Without an answer there is no
 * span.
 * @param canChange whether an event can change the answer; every one by default
 */
function allSpans<T>(
  { name, events }: Events,
  question: (past: Artifact) => T | undefined,
  canChange: (event: ResolvedEvent) => boolean = () => true,
): Span<T>[] {
  const past = new Artifact(name, true);
  const spans: Span<T>[] = [];
  let open: Span<T> | undefined;
  for (const event of events) {
    past.add(event);
    if (!canChange(event)) continue;
    const answer = question(past);
    if (open?.answer === answer) continue;
    if (open) open.until = event;
    open = answer === undefined ? undefined : { answer, from: event, until: undefined };
    if (open) spans.push(open);
  }
  return spans;
}

/**
 * The spans that a time can name: at every moment the one that lasts is the answer as of that moment. What lasted no second is left out,
 * and what it parted is one span again.
 */
export function spansIn<T>(
  artifact: Events,
  question: (past: Artifact) => T | undefined,
  canChange?: (event: ResolvedEvent) => boolean,
): Span<T>[] {
  const lasting: Span<T>[] = [];
  for (const span of allSpans(artifact, question, canChange)) {
    if (span.until?.time === span.from.time) continue;
    const last = lasting.at(-1);
    if (last?.answer === span.answer && last.until?.time === span.from.time) last.until = span.until;
    else lasting.push(span);
  }
  return lasting;
}

const heldIn =
  (stage: StageName) =>
  (past: Artifact): VersionId | undefined =>
    current(past, stage, COMPLETE)?.id;

const toInterval =
  (stage: StageName) =>
  ({ answer, from, until }: Span<VersionId>): Interval => ({ version: answer, stage, from, until });

/** The intervals of one stage, oldest first, also those that began and ended in the same second. */
export const allIntervals = (artifact: Events, stage: StageName): Interval[] =>
  allSpans(artifact, heldIn(stage)).map(toInterval(stage));

/** The intervals of one stage that a time can name, oldest first. */
export const intervalsIn = (artifact: Events, stage: StageName): Interval[] =>
  spansIn(artifact, heldIn(stage)).map(toInterval(stage));

/**
 * The event since which the current version of a stage is current; undefined where none is. It is another one than the last assignment
 * where a version became current again because another one left.
 */
export function currentSince(artifact: Artifact, stage: StageName, facts: Facts): OrderedEvent | undefined {
  const events = artifact.isOrdered
    ? artifact.events
    : inOrder(facts.real(eventsAbout(artifact, stage, facts)));
  const last = intervalsIn({ name: artifact.name, events: events as ResolvedEvent[] }, stage).at(-1);
  return last?.until === undefined ? last?.from : undefined;
}

/**
 * What an event came after: of a stage the version that was current there right before, of a registration the greatest active version
 * below it then. Without an event of this name, what one would come after now.
 */
export function cameAfter(
  event: Pick<ResolvedEvent, 'kind' | 'tag' | 'of'> & { stage?: StageName | null },
  { name, events }: Events,
): VersionId | undefined {
  const past = new Artifact(name, true);
  for (const one of events) {
    if (one.tag === event.tag) break;
    past.add(one);
  }
  if (event.stage) return current(past, event.stage, COMPLETE)?.id;
  if (event.kind !== 'registration') return undefined;
  const below = [...past.versions].filter(
    (one) => isVersion(one) && compareVersions(one, event.of as Version) < 0 && isActive(past, one, COMPLETE),
  ) as Version[];
  return below.sort(compareVersions).at(-1);
}

/** The events that decide what was current in a stage at any time, and those with counters, which give them their times. */
function eventsAbout(artifact: Artifact, stage: StageName, facts: Facts): NamedEvent[] {
  const moves: Event[] = facts.real(artifact.stages.get(stage) ?? []);
  const ids = new Set(moves.map((event) => versionMoved(event, artifact, facts)));
  const commits = new Set<Oid>(['unknown', ...moves.map(({ commit }) => commit)]);
  return artifact.events.filter(
    (event) =>
      event.counter !== undefined ||
      ('stage' in event && event.stage === stage) ||
      ('version' in event && ids.has(event.version)) ||
      (event.kind === 'registration' && commits.has(event.commit)),
  );
}
