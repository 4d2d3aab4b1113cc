import type { ArtifactState, ResolvedEvent } from './artifact.js';
import type { PlannedTag } from './plan.js';
import { type EventName, parseTagName } from './tag-name.js';
import { splitMessage } from './trailers.js';

// The events of an artifact that are here and not at its remote (docs/specification.md, 5 Commands, Writing).

/** Events that a remote lacks, each list oldest first. */
export interface Unpushed {
  /** A push brings these: they come after the last event that both have, or an event that does so needs them. */
  following: readonly ResolvedEvent[];
  /** Older registrations of active versions. A push brings one where what it writes is about that version. */
  registrations: readonly ResolvedEvent[];
  /** All others. The remote may have had them, and they may have been deleted there. */
  older: readonly ResolvedEvent[];
}

/** Sorts the events that a remote lacks; `there` has the names of its tags. */
export function unpushedOf(artifact: ArtifactState, there: ReadonlySet<string>): Unpushed {
  const { events, versions } = artifact;
  const lacking = events.filter(({ tag }) => !there.has(tag));
  const last = events.findLast(({ tag }) => there.has(tag))?.place ?? -1;
  const taken = new Set([...there].map((tag) => parseTagName(tag)?.counter));
  const mayFollow = ({ counter }: ResolvedEvent): boolean => counter === undefined || !taken.has(counter);
  const following = new Set(lacking.filter((event) => event.place > last && mayFollow(event)));
  const byOid = new Map(lacking.map((event) => [event.tagOid, event]));
  // events that are added meanwhile are visited too
  for (const event of following)
    for (const needed of [byOid.get(event.parent ?? ''), registrationFor(event, events)])
      if (needed && !there.has(needed.tag) && mayFollow(needed)) following.add(needed);
  const rest = lacking.filter((event) => !following.has(event));
  const isKept = (event: ResolvedEvent): boolean => {
    const version = event.kind === 'registration' ? versions.get(event.version) : undefined;
    return version?.active === true && version.event === event && mayFollow(event);
  };
  return {
    following: lacking.filter((event) => following.has(event)),
    registrations: rest.filter(isKept),
    older: rest.filter((event) => !isKept(event)),
  };
}

/** The registration of the version that an event is about: the last one before it, or else the first one. */
function registrationFor(
  { kind, of, place }: ResolvedEvent,
  events: readonly ResolvedEvent[],
): ResolvedEvent | undefined {
  if (kind === 'registration') return undefined;
  const own = events.filter((one) => one.kind === 'registration' && one.version === of);
  return own.findLast((one) => one.place < place) ?? own[0];
}

/**
 * Whether planned tags are these events, whatever their counters, dates and messages are. A deprecation is what it says: another
 * message or successor is another one.
 */
export function isSameWrite(tags: readonly PlannedTag[], events: readonly ResolvedEvent[]): boolean {
  return (
    tags.length === events.length &&
    tags.every(({ event, commit, of, text, successor }, index) => {
      const other = events[index];
      if (other?.commit !== commit || other.of !== of || subjectOf(other) !== subjectOf(event)) return false;
      if (event.kind !== 'deprecation') return true;
      return other.successor === successor && other.message === splitMessage(text).text;
    })
  );
}

/** Whether what an event did may have been changed by one of these later ones. */
export const isOvertaken = (event: ResolvedEvent, later: readonly ResolvedEvent[]): boolean =>
  event.kind === 'deprecation'
    ? later.length > 0
    : later.some((one) =>
        'stage' in event
          ? 'stage' in one && one.stage === event.stage
          : 'version' in one && one.version === event.version,
      );

/** What an event does to what, as one text. */
const subjectOf = (event: EventName): string =>
  [event.kind, 'stage' in event ? event.stage : '', 'version' in event ? event.version : ''].join(' ');
