import { isSame, type Line, type ListedBytes, lineAt, NOWHERE, placeIn } from './listed-bytes.js';
import type { ArtifactName } from './names.js';
import { type Beginning, readCounters, readVersions } from './runs.js';
import { addUnusual, type OfStage, type Sketch, stageReader } from './sketch.js';
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
  const beginRun = runBeginner(listing, book);
  let run: Run | undefined;
  for (let place = 0; place < bytes.length; ) {
    const line = lineAt(listing, place);
    place = line.next;
    if (line.target === NOWHERE) continue;
    if (run === undefined || !isSame(bytes, run.from, line.from, run.length)) run = beginRun(line, run);
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

/** Gives what takes apart what the name of a line begins with, where that is another than before. */
function runBeginner(
  { bytes, text }: ListedBytes,
  { turnTo }: Sketchbook,
): (line: Line, before: Run | undefined) => Run {
  const stageOf = stageReader();
  return ({ place, from, to }, before) => {
    const isSameArtifact =
      before !== undefined &&
      isMark(bytes[from + before.nameLength]) &&
      isSame(bytes, before.from, from, before.nameLength);
    const mark = isSameArtifact ? from + before.nameLength : markIn(bytes, from, to);
    // of what is no name of an event all is compared, with the end of the line: no other begins so
    if (mark === NOWHERE)
      return {
        from,
        length: to + 1 - from,
        nameLength: 0,
        sketch: undefined,
        stage: undefined,
        isOfVersion: false,
      };
    const sketch = isSameArtifact ? before.sketch : turnTo(text(from, mark), place);
    const isOfVersion = bytes[mark] === AT;
    const hash = isOfVersion ? NOWHERE : placeIn(bytes, HASH, mark + 1, to);
    const last = isOfVersion ? mark : hash === NOWHERE ? to : hash;
    const stage = sketch && hash !== NOWHERE ? stageOf(sketch, text(mark + 1, hash)) : undefined;
    return { from, length: last + 1 - from, nameLength: mark - from, sketch, stage, isOfVersion };
  };
}

const isMark = (letter: number | undefined): boolean => letter === AT || letter === HASH;

function markIn(bytes: Uint8Array, from: number, to: number): number {
  for (let at = from; at < to; at += 1) if (isMark(bytes[at])) return at;
  return NOWHERE;
}
