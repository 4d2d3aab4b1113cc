import { addOther, type Greatest } from './greatest.js';
import { isSame, type Line, type ListedBytes, NOWHERE } from './listed-bytes.js';
import { parseStageName, type StageName } from './names.js';
import { parseTagName, type StageEventName } from './tag-name.js';

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
  /** Where the tags begin. */
  first: number;
  /** Where they end. */
  end: number;
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
  first,
  end: first,
});

/** What names begin with that are of events of one stage. */
export interface OfStage {
  kind: StageEventName['kind'];
  last: LastOfStage;
}

/** Reads what is written before a counter, `prod` or `prod!`, as a stage of an artifact; undefined where it is none. */
export type StageReader = (sketch: Sketch, text: string) => OfStage | undefined;

/** Gives a reader of stages. */
export function stageReader(): StageReader {
  // of a registry there are a few stages, and each artifact has them
  const known = new Map<string, StageName | undefined>();
  return (sketch, text) => {
    const cancels = text.endsWith('!');
    if (!known.has(text)) known.set(text, parseStageName(cancels ? text.slice(0, -1) : text));
    const stage = known.get(text);
    return stage && { kind: cancels ? 'unassignment' : 'assignment', last: lastOf(sketch, stage) };
  };
}

function lastOf({ stages }: Sketch, stage: StageName): LastOfStage {
  for (let index = 0; index < stages.length; index += 1) {
    const known = stages[index];
    if (known?.stage === stage) return known;
  }
  const made: LastOfStage = {
    stage,
    kind: 'assignment',
    counter: -1,
    tag: NOWHERE,
    commit: NOWHERE,
    isTwin: false,
    registration: undefined,
    registrations: 0,
  };
  stages.push(made);
  return made;
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
  sketch.hasVersions = true;
  const { stages } = sketch;
  for (let index = 0; index < stages.length; index += 1) {
    const last = stages[index];
    if (last === undefined || last.commit === NOWHERE || bytes[last.commit] !== bytes[commit]) continue;
    if (!isSame(bytes, last.commit, commit, idLength)) continue;
    last.registration = { tag, from, to };
    last.registrations += 1;
  }
}

/** Takes a tag whose name has to be read as a whole, and may be none of an event. */
export function addUnusual(sketch: Sketch, listing: ListedBytes, line: Line): void {
  const { place, from, to, target } = line;
  const text = listing.text(from, to);
  const name = parseTagName(text);
  if (name === undefined) return;
  sketch.hasEvents = true;
  if (name.kind !== 'registration' || name.counter !== undefined) {
    // dates decide about deprecations, deregistrations and what is not counted; a counter tells that there was a registration before
    sketch.isOpen = true;
    return;
  }
  addOther(sketch.latest, place, target, name.version);
  addRegistration(sketch, listing, place, from + text.indexOf('@') + 1, to, target);
}
