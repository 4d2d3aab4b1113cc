import { isSame, type Line, type ListedBytes, lineAt, NOWHERE, placeIn } from './listed-bytes.js';
import type { ArtifactName } from './names.js';
import { type Beginning, readCounters, readVersions } from './runs.js';
import { addUnusual, type OfStage, type Sketch, type StageReader, stageReader } from './sketch.js';
import { type Sketchbook, sketchbook } from './sketchbook.js';

/** Tags that follow one another: what their names begin with, artifact and mark and stage, and what that says. */
interface Run extends Beginning {
  /** How much of it is the artifact. */
  nameLength: number;
  sketch: Sketch | undefined;
  stage: OfStage | undefined;
  isOfVersion: boolean;
}

/**
 * Gathers the annotated tags of a listing.
 * @param ended is told each artifact that a tag names, as soon as all tags of it are known
 * @throws BrokenListing
 */
export function survey(listing: ListedBytes, ended: (artifact: ArtifactName, sketch: Sketch) => void): void {
  const { bytes } = listing;
  const book = sketchbook(ended);
  const stageOf = stageReader();
  // one for all: of a registry there are as many as it has stages in artifacts
  const run: Run = {
    from: 0,
    length: 0,
    nameLength: 0,
    sketch: undefined,
    stage: undefined,
    isOfVersion: false,
  };
  for (let place = 0; place < bytes.length; ) {
    const line = lineAt(listing, place);
    place = line.next;
    if (line.target === NOWHERE) continue;
    if (run.length === 0 || !isSame(bytes, run.from, line.from, run.length))
      begin(run, line, listing, book, stageOf);
    if (run.sketch) place = readOn(listing, line, run, run.sketch);
  }
  book.end();
}

/** Reads the tags of a run from a line on, at least the one of that line; gives the place of the first that is left. */
function readOn(listing: ListedBytes, line: Line, run: Run, sketch: Sketch): number {
  let next = line.place;
  if (run.stage) next = readCounters(listing, next, run, run.stage);
  else if (run.isOfVersion) next = readVersions(listing, next, run, sketch);
  if (next === line.place) {
    addUnusual(sketch, listing, line);
    next = line.next;
  } else {
    sketch.hasEvents = true;
    // registrations of a stage's commit are looked for as they pass by, which has to be behind all events of stages
    if (run.stage && sketch.hasVersions) sketch.isOpen = true;
  }
  sketch.end = next;
  return next;
}

const [AT, HASH] = [0x40, 0x23];

/** Begins a run with a line: takes apart what its name begins with, where that is another than before. */
function begin(
  run: Run,
  { place, from, to }: Line,
  { bytes, text }: ListedBytes,
  { turnTo }: Sketchbook,
  stageOf: StageReader,
): void {
  let mark = from + run.nameLength;
  if (run.nameLength === 0 || !isMark(bytes[mark]) || !isSame(bytes, run.from, from, run.nameLength)) {
    mark = markIn(bytes, from, to);
    run.sketch = mark === NOWHERE ? undefined : turnTo(text(from, mark), place);
    run.nameLength = mark === NOWHERE ? 0 : mark - from;
  }
  run.from = from;
  run.isOfVersion = bytes[mark] === AT;
  const hash = mark === NOWHERE || run.isOfVersion ? NOWHERE : placeIn(bytes, HASH, mark + 1, to);
  run.stage = run.sketch && hash !== NOWHERE ? stageOf(run.sketch, text(mark + 1, hash)) : undefined;
  // of what is no name of an event all is compared, with the end of the line: no other begins so
  const last = run.isOfVersion ? mark : hash === NOWHERE ? to : hash;
  run.length = last + 1 - from;
}

const isMark = (letter: number | undefined): boolean => letter === AT || letter === HASH;

function markIn(bytes: Uint8Array, from: number, to: number): number {
  for (let at = from; at < to; at += 1) if (isMark(bytes[at])) return at;
  return NOWHERE;
}
