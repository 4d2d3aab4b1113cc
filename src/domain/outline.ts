import type { AnnotatedTag, Oid } from './event.js';
import { statedVersionIn } from './event.js';
import { greatestOf } from './greatest.js';
import type { ListedBytes } from './listed-bytes.js';
import type { StageName } from './names.js';
import type { Sketch } from './sketch.js';
import type { VersionId } from './state.js';

/** What an overview says of one artifact. */
export interface Summary {
  latest: VersionId | undefined;
  /** The current version of each stage that holds one. */
  stages: readonly (readonly [StageName, VersionId])[];
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

/** What is claimed of a tag, which its object may confirm. */
export interface Claim {
  /** Its place in a listing. */
  tag: number;
  /** What it leads to, by the word of a listing. */
  commit: Oid;
  /** The version that it is taken to be about. */
  of: VersionId;
}

/** A tag that an outline rests upon. */
export interface Witness extends Claim {
  /** The stage whose current version it tells of. */
  stage: StageName | undefined;
  /** Whether it tells of the latest version. */
  isLatest: boolean;
}

/**
 * Tells the summary of an artifact, or gives undefined where only tag objects can settle it (SPEC §3): a deprecation or
 * deregistration, whose date decides; an uncounted event of a stage, or two with one counter; a stage that was emptied last; two
 * registrations of one version, or two versions at an assigned commit.
 */
export function outlineOf({ idLength, text }: ListedBytes, sketch: Sketch): Outline | undefined {
  const { stages: drawn, isOpen } = sketch;
  if (isOpen) return undefined;
  const latest = greatestOf(sketch.latest);
  const stages: [StageName, VersionId][] = [];
  const witnesses: Witness[] = [];
  let isKnown = false;
  for (let index = 0; index < drawn.length; index += 1) {
    const last = drawn[index];
    // what names it was no event of it after all, such as `churn#prod#x`
    if (last === undefined || last.counter < 0) continue;
    const { stage, registration, tag } = last;
    if (last.isTwin || last.kind === 'unassignment' || last.registrations > 1) return undefined;
    const commit = text(last.commit, last.commit + idLength);
    const of = registration ? (text(registration.from, registration.to) as VersionId) : commit;
    stages.push([stage, of]);
    witnesses.push({ tag, commit, of, stage, isLatest: false });
    if (registration === undefined) continue;
    const isLatest = registration.tag === latest?.tag;
    isKnown ||= isLatest;
    witnesses.push({ tag: registration.tag, commit, of, stage, isLatest });
  }
  if (latest && !isKnown) {
    const commit = text(latest.commit, latest.commit + idLength);
    witnesses.push({ tag: latest.tag, commit, of: latest.version, stage: undefined, isLatest: true });
  }
  return { summary: { latest: latest?.version, stages, deprecated: false }, witnesses };
}

/** What a tag's object says of what may be claimed of it. */
export type Said = Pick<AnnotatedTag, 'commit' | 'message'>;

/**
 * Whether a tag's object says what is claimed.
 * @param tag undefined when the object is broken or leads to no commit
 */
export const confirms = ({ commit, of }: Pick<Claim, 'commit' | 'of'>, tag: Said | undefined): boolean =>
  tag?.commit === commit && (states(tag.message, of) || (statedVersionIn(tag.message) ?? of) === of);

/** Whether a message ends as writers of this program have it end, with a version: most do, and it need not be taken apart to tell. */
function states(message: string, of: VersionId): boolean {
  const line = `\n\nReg-Version: ${of}\n`;
  const at = message.lastIndexOf(line);
  return at >= 0 && LAST.test(message.slice(at + line.length));
}

const LAST = /^(?:Reg-Parent: [0-9a-f]{40,64}\n)?$/;
