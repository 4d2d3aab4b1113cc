import { RegError } from '../errors.js';
import { short } from '../util/oid.js';
import type { ArtifactState, ResolvedEvent } from './artifact.js';
import { LAST_SECOND, MOST_AHEAD_S, newestDate } from './clock.js';
import type { Oid } from './event.js';
import type { ArtifactName, StageName } from './names.js';
import type { VersionId } from './state.js';
import { type EventName, formatTagName, MAX_COUNTER, parseTagName } from './tag-name.js';
import { formatTime } from './time.js';
import { joinMessage, ownWords } from './trailers.js';
import { refuseOtherCase, refuseUnwritableTag } from './writable.js';

/** The state of the registry that a write is planned on. */
export interface Snapshot {
  artifact: ArtifactState;
  /** The name of every tag of the artifact, events or not: a name that is taken stays taken. */
  tagNames: ReadonlySet<string>;
  /** Every other artifact of the registry; needed only while this one has no tags. */
  otherArtifacts: readonly ArtifactName[];
  /** The stages that the configuration allows; undefined for any. */
  stages: readonly StageName[] | undefined;
  /** Seconds since the epoch. */
  now: number;
  /** Whether this is a clone whose remote may have more, and was not asked. */
  mayLack: boolean;
  /** Whether what is decided goes straight to where others write too. */
  shared: boolean;
}

/** An event that is to happen: its name without a counter, the commit to tag, the version it is about. */
export interface Draft {
  event: EventName;
  commit: Oid;
  of: VersionId | undefined;
  /** What a person wants to say; a standard subject when undefined. */
  message: string | undefined;
  /** The artifact that takes the place of a deprecated one. */
  successor?: ArtifactName | undefined;
  /** What the artifact was called before, where the event takes over one of that name. */
  renamedFrom?: ArtifactName | undefined;
}

/** One tag to create. */
export interface PlannedTag {
  event: EventName;
  tagName: string;
  commit: Oid;
  of: VersionId | undefined;
  /** Tagger date, in seconds since the epoch. */
  date: number;
  text: string;
  successor?: ArtifactName | undefined;
  renamedFrom?: ArtifactName | undefined;
  /** The tag objects of the approvals that a policy asks for. */
  approvals?: readonly Oid[] | undefined;
  /** The tag object of the artifact's previous event; `previous` is the tag planned just before this one. */
  parent: Oid | 'previous' | undefined;
}

/** A write as a value: the tags to create, in order, or those to delete, or neither and the reason why. */
export interface Plan {
  tags: readonly PlannedTag[];
  /** Events whose tags are deleted instead. */
  deletes?: readonly ResolvedEvent[];
  /** What else there is to say: why nothing is to be done, or what follows. */
  note?: string;
  /** Where nothing is to be done, the event that says so already. */
  standing?: ResolvedEvent;
}

/**
 * Gives drafts their names, counters, dates and parents (docs/specification.md, 1 Tags, Writing). There is a note where a fast clock
 * dated a tag ahead of this one.
 * @throws RegError COUNTER_LIMIT, CLOCK_AHEAD, INVALID_NAME, NAME_CASE
 */
export function planTags(snapshot: Snapshot, drafts: readonly Draft[]): Plan {
  refuseOtherCase(snapshot);
  const { name, events } = snapshot.artifact;
  let counter = highestCounter(snapshot.tagNames);
  const before = newestDate(events);
  let newest = before;
  const tags = drafts.map((draft, index): PlannedTag => {
    const counted = needsCounter(draft.event, snapshot.tagNames);
    if (counted) counter = counterAfter(counter, name);
    const event = counted ? { ...draft.event, counter } : draft.event;
    const tagName = formatTagName(event);
    refuseUnwritableTag(tagName, name);
    newest = Math.max(snapshot.now, newest + 1);
    if (newest > LAST_SECOND) throw noDateAfter(snapshot, before);
    return {
      event,
      tagName,
      commit: draft.commit,
      of: draft.of,
      date: newest,
      text: draft.message?.trim() || subject(draft),
      successor: draft.successor,
      renamedFrom: draft.renamedFrom,
      parent: index > 0 ? 'previous' : events.at(-1)?.tagOid,
    };
  });
  const isAhead = tags.length > 0 && before >= snapshot.now + MOST_AHEAD_S;
  return isAhead ? { tags, note: datedAfter(snapshot, before) } : { tags };
}

function needsCounter(event: EventName, taken: ReadonlySet<string>): boolean {
  if (event.kind === 'assignment' || event.kind === 'unassignment') return true;
  return taken.has(formatTagName(event));
}

/** The highest counter among names of tags, 0 where none has one. */
export function highestCounter(tagNames: Iterable<string>): number {
  let highest = 0;
  for (const name of tagNames) highest = Math.max(highest, parseTagName(name)?.counter ?? 0);
  return highest;
}

function counterAfter(highest: number, artifact: ArtifactName): number {
  if (highest < MAX_COUNTER) return highest + 1;
  throw new RegError(
    'COUNTER_LIMIT',
    `no counter is left for ${artifact}: a tag of it has the greatest one, ${MAX_COUNTER}`,
    `find that tag, and delete it if it is wrong: git tag --list '*#${MAX_COUNTER}'`,
  );
}

/** The newest tag of an artifact, with its date. */
function newestOf({ artifact }: Snapshot, date: number): string {
  const { tag } = artifact.events.find((event) => event.date === date) as ResolvedEvent;
  return `the newest tag of ${artifact.name}, ${tag}, is dated ${formatTime(date)}`;
}

const datedAfter = (snapshot: Snapshot, before: number): string =>
  `${newestOf(snapshot, before)}, ahead of this clock (${formatTime(snapshot.now)}); new tags are dated after it`;

const noDateAfter = (snapshot: Snapshot, before: number): RegError =>
  new RegError(
    'CLOCK_AHEAD',
    `${newestOf(snapshot, before)}, and a tag can have no later date`,
    'delete that tag: its date is wrong',
  );

function subject(draft: Draft): string {
  const { renamedFrom } = draft;
  return renamedFrom === undefined
    ? eventSubject(draft)
    : `${eventSubject(draft)}, renamed from ${renamedFrom}`;
}

function eventSubject({ event, of }: Draft): string {
  const version = of?.startsWith('v') ? of : `commit ${of && short(of)}`;
  switch (event.kind) {
    case 'registration':
      return `Register ${event.artifact} ${event.version}`;
    case 'deregistration':
      return `Deregister ${event.artifact} ${event.version}`;
    case 'assignment':
      return `Assign ${event.artifact} ${version} to ${event.stage}`;
    case 'unassignment':
      return `Unassign ${event.artifact} ${version} from ${event.stage}`;
    default:
      return `Deprecate ${event.artifact}`;
  }
}

/**
 * Writes the message of a planned tag: text, then trailers (docs/specification.md, 1 Tags, Messages).
 * @param parent the tag object of the previous event, known by now
 */
export function messageOf(tag: PlannedTag, parent: Oid | undefined): string {
  const trailers: [string, string][] = [];
  if ('stage' in tag.event && tag.of?.startsWith('v')) trailers.push(['Reg-Version', tag.of]);
  if (tag.successor !== undefined) trailers.push(['Reg-Successor', tag.successor]);
  if (tag.renamedFrom !== undefined) trailers.push(['Reg-Renamed-From', tag.renamedFrom]);
  for (const approval of tag.approvals ?? []) trailers.push(['Reg-Approval', approval]);
  if (parent !== undefined) trailers.push(['Reg-Parent', parent]);
  return joinMessage(ownWords(tag.text), trailers);
}
