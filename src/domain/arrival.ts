import { RegError } from '../errors.js';
import { short } from '../util/oid.js';
import {
  type ArtifactState,
  artifactStateOf,
  isStageEvent,
  type ResolvedEvent,
  stagesUsed,
  versionEventBefore,
} from './artifact.js';
import { MOST_AHEAD_S, newestDate } from './clock.js';
import type { Event } from './event.js';
import type { ArtifactName, StageName } from './names.js';
import { highestCounter } from './plan.js';
import { formatTime } from './time.js';
import { refuseOtherCase, refuseStageInOtherCase, refuseUnwritableStage } from './writable.js';

/** Why a pushed tag is refused. */
export interface Refusal {
  tag: string;
  /** What is wrong and the way out, in one line. */
  message: string;
}

const AGAIN = 'get the tags that are here with reg sync, and write it again';

/** What a repository has of an artifact. */
interface Standing {
  events: readonly Event[];
  /** The name of every tag, event or not: a counter that is taken stays taken. */
  tagNames: ReadonlySet<string>;
  /** Every other artifact, also those that arrive; needed only while this one has no tags. */
  otherArtifacts: readonly ArtifactName[];
  /** The stages that the configuration allows; undefined for any. */
  stages: readonly StageName[] | undefined;
}

/**
 * The reasons to refuse events that arrive, whatever the policy of a team. They must come after all events that are there, so
 * that no earlier answer changes. Events that arrive together may follow each other.
 * @param now seconds since the epoch
 */
export function refuseArrivals(
  name: ArtifactName,
  standing: Standing,
  arriving: readonly Event[],
  now: number,
): Refusal[] {
  const { events, tagNames } = standing;
  const artifact = artifactStateOf(name, [...events, ...arriving]);
  const highest = highestCounter(tagNames);
  const limit = highest + arriving.filter(({ counter }) => counter !== undefined).length;
  const lastThere = artifact.events.findLast(({ tag }) => tagNames.has(tag));
  const latestDate = Math.max(now + MOST_AHEAD_S, newestDate(events) + arriving.length);
  return artifact.events
    .filter(({ tag }) => !tagNames.has(tag))
    .flatMap((event): Refusal[] => {
      const why =
        whyNotWritable(event, artifact, standing) ??
        whyNotLast(event, lastThere, highest, limit) ??
        whyNotNow(event, latestDate) ??
        whyNotAlone(event, artifact) ??
        whyNotChained(event, artifact) ??
        registeredAlready(event, artifact);
      return why === undefined ? [] : [{ tag: event.tag, message: why }];
    });
}

/** What the writer of `reg` refuses to write, in its words (docs/specification.md, 1 Tags, Writing). */
function whyNotWritable(
  event: ResolvedEvent,
  artifact: ArtifactState,
  { tagNames, otherArtifacts, stages }: Standing,
): string | undefined {
  try {
    refuseOtherCase({ artifact, tagNames, otherArtifacts });
    if (!isStageEvent(event)) return undefined;
    // the list of stages may have become shorter, and old stages are emptied then
    refuseUnwritableStage(event.stage, { stages: undefined });
    if (event.kind === 'assignment')
      refuseStageInOtherCase(event.stage, { artifact: before(event, artifact), stages });
  } catch (error) {
    if (error instanceof RegError) return `${error.message}; ${error.hint}`;
    throw error;
  }
  if (event.counter !== undefined) return undefined;
  return `an event of a stage has a counter; write it with reg ${event.kind === 'assignment' ? 'assign' : 'unassign'}`;
}

/** The artifact before an event, as far as the names of stages may differ by letter case: to make it for every event takes long. */
function before({ place }: ResolvedEvent, artifact: ArtifactState): ArtifactState {
  const used = stagesUsed(artifact);
  const isEachUnlike = new Set(used.map((stage) => stage.toLowerCase())).size === used.length;
  return isEachUnlike ? artifact : artifactStateOf(artifact.name, artifact.events.slice(0, place));
}

function whyNotLast(
  { counter, place }: ResolvedEvent,
  lastThere: ResolvedEvent | undefined,
  highest: number,
  limit: number,
): string | undefined {
  if (counter !== undefined && counter <= highest)
    return `its counter is out of order: ${highest} is taken already; ${AGAIN}`;
  if (counter !== undefined && counter > limit)
    return `its counter is out of order: the next one is ${highest + 1}; ${AGAIN}`;
  if (lastThere === undefined || place > lastThere.place) return undefined;
  return `it is out of order: by its date it comes before ${lastThere.tag} of ${formatTime(lastThere.time)}, which is here already; ${AGAIN}`;
}

/** What follows a tag that is here and dated ahead has no other date to take: that is the way out, and never refused. */
const whyNotNow = ({ date }: ResolvedEvent, latestDate: number): string | undefined =>
  date > latestDate
    ? `it is dated ${formatTime(date)}, ahead of the clock here; set the clock right, delete the tag and write it again`
    : undefined;

function whyNotAlone({ counter, tag }: ResolvedEvent, { events }: ArtifactState): string | undefined {
  if (counter === undefined) return undefined;
  const other = events.find((event) => event.counter === counter && event.tag !== tag);
  return other && `its counter is out of order: ${other.tag} has the same; ${AGAIN}`;
}

function whyNotChained(
  { parent, place }: ResolvedEvent,
  { events, name }: ArtifactState,
): string | undefined {
  if (parent === undefined) return undefined;
  const before = events.find(({ tagOid }) => tagOid === parent);
  if (before === undefined)
    return `it follows the tag object ${short(parent)}, which is no event of ${name} here; push what came before it first: reg sync`;
  return before.place < place
    ? undefined
    : `it follows ${before.tag}, which counts as a later event; ${AGAIN}`;
}

/**
 * The registration that another one hides. A registered version does not move to another commit, because its name would then
 * load another model.
 */
export function hiddenBy(event: ResolvedEvent, artifact: ArtifactState): ResolvedEvent | undefined {
  if (event.kind !== 'registration') return undefined;
  const last = versionEventBefore(event, artifact);
  return last?.kind === 'registration' ? last : undefined;
}

function registeredAlready(event: ResolvedEvent, artifact: ArtifactState): string | undefined {
  const hidden = hiddenBy(event, artifact);
  return (
    hidden &&
    `${event.of} is registered already, by ${hidden.tag}; deregister it first, or register another version`
  );
}
