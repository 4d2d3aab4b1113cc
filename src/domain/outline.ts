import type { AnnotatedTag, Oid } from './event.js';
import { statedVersionIn } from './event.js';
import type { StageName } from './names.js';
import type { VersionId } from './state.js';
import { parseTagName, type StageEventName } from './tag-name.js';
import type { Version } from './version.js';

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

/** A tag that an outline rests upon. */
export interface Witness {
  listed: ListedTag;
  /** The version that the outline takes it to be about. */
  of: VersionId;
  /** The stage whose current version it tells of; undefined when it is the latest version. */
  stage: StageName | undefined;
}

/** The last event of a stage, as far as counters tell. */
export interface LastOfStage {
  kind: StageEventName['kind'];
  counter: number;
  number: number;
}

/** A listing as an outline asks it: for the tag with a number, or for nothing but whether it leads to a commit. */
export interface Listed {
  tag(number: number): ListedTag;
  leadsTo(number: number, commit: Oid): boolean;
}

/** What the tags of one artifact come to. */
export interface Gathered {
  registrations: readonly number[];
  /** The number of the one whose version is the greatest. */
  greatest: number | undefined;
  lastOf: ReadonlyMap<StageName, LastOfStage>;
  listed: Listed;
}

/** Whether two of some registrations name one version. */
export function isRepeated(registrations: readonly number[], listed: Listed): boolean {
  return new Set(registrations.map((number) => versionIn(listed.tag(number)))).size < registrations.length;
}

function versionIn({ tag }: ListedTag): Version {
  const name = parseTagName(tag);
  if (name === undefined || !('version' in name)) throw new Error(`${tag} is no registration`);
  return name.version;
}

/**
 * Tells the summary of an artifact, or gives undefined where only tag objects can settle it (SPEC §3): a stage that was emptied
 * last; two registrations of one version, or two versions at an assigned commit.
 */
export function conclude({ registrations, greatest, lastOf, listed }: Gathered): Outline | undefined {
  const assignments = new Map([...lastOf].map(([stage, { number }]) => [stage, listed.tag(number)]));
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
    witnesses.push({ listed: assignment, of, stage });
    if (registration) witnesses.push({ listed: registration, of, stage });
  }
  const latest = greatest === undefined ? undefined : listed.tag(greatest);
  const version = latest && versionIn(latest);
  if (latest && version) witnesses.push({ listed: latest, of: version, stage: undefined });
  return { summary: { latest: version, stages, deprecated: false }, witnesses };
}

/** The registrations at some commits. */
function registeredAt(
  commits: ReadonlySet<Oid>,
  registrations: readonly number[],
  listed: Listed,
): Map<Oid, ListedTag[]> {
  const found = new Map<Oid, ListedTag[]>();
  for (const commit of commits) {
    const here = registrations.filter((number) => listed.leadsTo(number, commit));
    found.set(commit, here.map(listed.tag));
  }
  return found;
}

/**
 * Whether a tag's object says what an outline takes it to say.
 * @param tag undefined when the object is broken or leads to no commit
 */
export const confirms = ({ listed, of }: Witness, tag: AnnotatedTag | undefined): boolean =>
  tag?.commit === listed.commit && (states(tag.message, of) || (statedVersionIn(tag.message) ?? of) === of);

/** Whether a message ends as writers of this program have it end: most do, and it need not be taken apart to tell. */
function states(message: string, of: VersionId): boolean {
  const line = `\n\nReg-Version: ${of}\n`;
  const at = message.lastIndexOf(line);
  return at >= 0 && LAST.test(message.slice(at + line.length));
}

const LAST = /^(?:Reg-Parent: [0-9a-f]{40,64}\n)?$/;
