import { type ArtifactName, artifactNameFromTag } from './names.js';
import { type Sketch, sketch } from './sketch.js';
import { markBetween } from './tag-name.js';

/** Gathers tags of all artifacts, each as a piece of a text; fastest in the order of their names. */
export interface Survey {
  add(number: number, text: string, from: number, to: number): void;
  /** Each artifact that a tag names. */
  artifacts: ReadonlyMap<ArtifactName, Sketch>;
}

/** Begins to gather tags. */
export function survey(): Survey {
  const artifacts = new Map<ArtifactName, Sketch>();
  // the artifact's name and the mark of the tag before, which most of a registry's tags begin with too
  let start = '';
  let own: Sketch | undefined;
  const sketchOf = (name: ArtifactName): Sketch => {
    const known = artifacts.get(name) ?? sketch();
    artifacts.set(name, known);
    return known;
  };
  return {
    artifacts,
    add: (number, text, from, to) => {
      if (start === '' || !text.startsWith(start, from)) {
        const mark = markBetween(text, from, to);
        const name = mark < 0 ? undefined : artifactNameFromTag(text.slice(from, mark));
        start = mark < 0 ? '' : text.slice(from, mark + 1);
        own = name && sketchOf(name);
      }
      own?.add(number, text, from, from + start.length, to);
    },
  };
}
