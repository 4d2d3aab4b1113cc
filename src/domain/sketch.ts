import { addOther, type Greatest } from './greatest.js';
import { isSame } from './name-bytes.js';
import { parseStageName, type StageName } from './names.js';
import { parseTagName, type StageEventName } from './tag-name.js';

/** Tags as a listing has them: ids and names in bytes, all ids of one length. */
export interface ListedBytes {
  bytes: Uint8Array;
  idLength: number;
  /** What is between two places. */
  text(from: number, to: number): string;
}

/**
 * What the names of one artifact's tags come to. Of most of them nothing is kept: there are many, and what is said of the artifact
 * rests upon a few. Numbers are places in the bytes of the listing.
 */
export interface Sketch {
  stages: LastOfStage[];
  latest: Greatest;
  /** Whether any of the names is one that only tag objects can settle (SPEC §3). */
  isOpen: boolean;
  hasEvents: boolean;
  hasVersions: boolean;
  /** Whether there seemed to be no more of them. */
  hasEnded: boolean;
  /** The first tag whose name begins as the artifact's do. */
  first: number;
  /** The last one. */
  last: number;
}

/** The last event of a stage, as far as counters tell. */
export interface LastOfStage {
  stage: StageName;
  kind: StageEventName['kind'];
  counter: number;
  tag: number;
  commit: number;
  /** Whether another event of the stage has this counter. */
  isTwin: boolean;
  /** A registration of that commit, and where its version is. */
  registration: { tag: number; from: number; to: number } | undefined;
  /** How many registrations of that commit there are. */
  registrations: number;
}

/** Begins to gather the tags of one artifact. */
export const newSketch = (first: number): Sketch => ({
  stages: [],
  latest: { plain: undefined, other: undefined },
  isOpen: false,
  hasEvents: false,
  hasVersions: false,
  hasEnded: false,
  first,
  last: first,
});

/** What names begin with that are of events of one stage. */
export interface OfStage {
  kind: StageEventName['kind'];
  last: LastOfStage;
}

/** The stage of an artifact that is written before a counter, `prod` or `prod!`; undefined where it is none. */
export function stageIn(sketch: Sketch, text: string): OfStage | undefined {
  const cancels = text.endsWith('!');
  const stage = parseStageName(cancels ? text.slice(0, -1) : text);
  return stage && { kind: cancels ? 'unassignment' : 'assignment', last: lastOf(sketch, stage) };
}

function lastOf({ stages }: Sketch, stage: StageName): LastOfStage {
  const known = stages.find((one) => one.stage === stage);
  if (known) return known;
  // biome-ignore format: of a registry there are many, and to write one out is the fastest way to make it
  const made: LastOfStage = { stage, kind: 'assignment', counter: NONE, tag: NONE, commit: NONE, isTwin: false, registration: undefined, registrations: 0 };
  stages.push(made);
  return made;
}

const NONE = -1;

/** Takes an event of a stage; a counter below zero is none, and then it is no event either. */
export function addStageEvent(
  sketch: Sketch,
  { kind, last }: OfStage,
  counter: number,
  tag: number,
  commit: number,
): void {
  if (counter < 0) return;
  sketch.hasEvents = true;
  // registrations of its commit are looked for as they pass by: in order of their names, behind all stages
  if (sketch.hasVersions) sketch.isOpen = true;
  if (counter < last.counter) return;
  last.isTwin = counter === last.counter;
  last.kind = kind;
  last.counter = counter;
  last.tag = tag;
  last.commit = commit;
}

/** Takes a registration whose version is between two places. */
export function addRegistration(
  sketch: Sketch,
  { bytes, idLength }: ListedBytes,
  tag: number,
  from: number,
  to: number,
  commit: number,
): void {
  sketch.hasEvents = true;
  sketch.hasVersions = true;
  for (const last of sketch.stages)
    if (last.commit !== NONE && isSame(bytes, last.commit, commit, idLength)) {
      last.registration = { tag, from, to };
      last.registrations += 1;
    }
}

/** Takes a tag whose name has to be read as a whole, and may be none of an event. */
export function addUnusual(
  sketch: Sketch,
  listing: ListedBytes,
  tag: number,
  from: number,
  to: number,
  commit: number,
): void {
  const text = listing.text(from, to);
  const name = parseTagName(text);
  if (name === undefined) return;
  sketch.hasEvents = true;
  if (name.kind !== 'registration' || name.counter !== undefined) {
    // dates decide about deprecations, deregistrations and what is not counted; a counter tells that there was a registration before
    sketch.isOpen = true;
    return;
  }
  addOther(sketch.latest, tag, commit, name.version);
  addRegistration(sketch, listing, tag, from + text.indexOf('@') + 1, to, commit);
}
