import { BrokenListing } from './listed-bytes.js';
import { type ArtifactName, artifactNameFromTag } from './names.js';
import { newSketch, type Sketch } from './sketch.js';

/** The sketches of a registry's artifacts, of which one is worked on. */
export interface Sketchbook {
  /**
   * Turns to the artifact that a tag names, as tags spell it; undefined where that is the name of none.
   * @throws BrokenListing when tags are not in order of their names
   */
  turnTo(spelled: string, tag: number): Sketch | undefined;
  /** Takes that there are no more tags. */
  end(): void;
}

/**
 * Opens a sketchbook. What has ended is not kept: of a registry with many artifacts that would be much.
 * @param ended is told each artifact that a tag names, as soon as tags in order of their names can be no more of its own
 */
export function sketchbook(ended: (artifact: ArtifactName, sketch: Sketch) => void): Sketchbook {
  // undefined once it has ended
  const sketches = new Map<ArtifactName, Sketch | undefined>();
  let last: { spelled: string; artifact: ArtifactName } | undefined;
  const close = (artifact: ArtifactName): void => {
    const sketch = sketches.get(artifact);
    if (sketch === undefined) return;
    sketches.set(artifact, undefined);
    ended(artifact, sketch);
  };
  return {
    turnTo: (spelled, tag) => {
      // those of `churn-eu` are between those of `churn` that have a `#` and those that have an `@`
      if (last && !spelled.startsWith(last.spelled)) close(last.artifact);
      const artifact = artifactNameFromTag(spelled);
      if (artifact === undefined) return undefined;
      const known = sketches.get(artifact);
      if (known === undefined && sketches.has(artifact))
        throw new BrokenListing('its tags are not in order of their names');
      const sketch = known ?? newSketch(tag);
      sketches.set(artifact, sketch);
      last = { spelled, artifact };
      return sketch;
    },
    end: () => {
      for (const artifact of sketches.keys()) close(artifact);
    },
  };
}
