import { type ArtifactName, artifactNameFromTag } from './names.js';
import { newSketch, type Sketch } from './sketch.js';

/** The sketches of a registry's artifacts, of which one is worked on. */
export interface Sketchbook {
  /** Turns to the artifact that a tag names, as tags spell it; undefined where that is the name of none. */
  turnTo(spelled: string, tag: number): Sketch | undefined;
  /** Takes that there are no more tags. */
  end(): void;
}

/**
 * Opens a sketchbook.
 * @param ended is told each artifact that a tag names, as soon as tags in order of their names can be no more of its own
 */
export function sketchbook(ended: (artifact: ArtifactName, sketch: Sketch) => void): Sketchbook {
  const sketches = new Map<ArtifactName, Sketch>();
  let last: { spelled: string; artifact: ArtifactName; sketch: Sketch } | undefined;
  const end = (artifact: ArtifactName, sketch: Sketch): void => {
    if (sketch.hasEnded) return;
    sketch.hasEnded = true;
    ended(artifact, sketch);
  };
  return {
    turnTo: (spelled, tag) => {
      // those of `churn-eu` are between those of `churn` that have a `#` and those that have an `@`
      if (last && !spelled.startsWith(last.spelled)) end(last.artifact, last.sketch);
      const artifact = artifactNameFromTag(spelled);
      if (artifact === undefined) return undefined;
      const sketch = sketches.get(artifact) ?? newSketch(tag);
      sketches.set(artifact, sketch);
      // they are in no order
      if (sketch.hasEnded) sketch.isOpen = true;
      last = { spelled, artifact, sketch };
      return sketch;
    },
    end: () => {
      for (const [artifact, sketch] of sketches) end(artifact, sketch);
    },
  };
}
