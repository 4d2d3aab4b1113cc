import { addPlain } from './greatest.js';
import { AT, counterIn, HASH, isSame, markIn, placeIn } from './name-bytes.js';
import type { ArtifactName } from './names.js';
import {
  addRegistration,
  addStageEvent,
  addUnusual,
  type ListedBytes,
  type OfStage,
  type Sketch,
  stageIn,
} from './sketch.js';
import { sketchbook } from './sketchbook.js';

/** Gathers annotated tags of all artifacts; fastest in order of their names. */
export interface Survey {
  /** Takes a tag by its place in the listing, between which places its name is, and where the id is of what it leads to. */
  add(tag: number, from: number, to: number, commit: number): void;
  /** Takes that there are no more. */
  end(): void;
}

/**
 * Begins to gather the tags of a listing. Most of a registry's tags begin as the one before, with artifact, mark and stage; so what
 * names begin with is taken apart once for many, and of the rest no text is made.
 * @param ended is told each artifact that a tag names, once all tags of it are known
 */
export function survey(
  listing: ListedBytes,
  ended: (artifact: ArtifactName, sketch: Sketch) => void,
): Survey {
  const { bytes, text } = listing;
  const { turnTo, end } = sketchbook(ended);
  // what the name before begins with, and what that says: whose tags they are, and which stage's or that it is a version's
  let [start, length] = [0, 0];
  let sketch: Sketch | undefined;
  let stage: OfStage | undefined;
  let isOfVersion = false;
  const begin = (tag: number, from: number, to: number): void => {
    const mark = markIn(bytes, from, to);
    sketch = mark < 0 ? undefined : turnTo(text(from, mark), tag);
    isOfVersion = bytes[mark] === AT;
    const last = mark < 0 || isOfVersion ? mark : placeIn(HASH, bytes, mark + 1, to);
    stage = sketch && last > mark ? stageIn(sketch, text(mark + 1, last)) : undefined;
    start = from;
    length = last < 0 ? 0 : last + 1 - from;
  };
  return {
    add: (tag, from, to, commit) => {
      if (length === 0 || !isSame(bytes, start, from, length)) begin(tag, from, to);
      if (sketch === undefined) return;
      sketch.last = tag;
      const rest = from + length;
      if (stage) addStageEvent(sketch, stage, counterIn(bytes, rest, to), tag, commit);
      else if (isOfVersion && addPlain(sketch.latest, tag, commit, bytes, rest, to))
        addRegistration(sketch, listing, tag, rest, to, commit);
      else addUnusual(sketch, listing, tag, from, to, commit);
    },
    end,
  };
}
