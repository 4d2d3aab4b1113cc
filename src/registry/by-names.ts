import type { ArtifactName, StageName } from '../domain/names.js';
import { type Outline, outlineOf, type Witness } from '../domain/outline.js';
import type { Sketch } from '../domain/sketch.js';
import type { VersionId } from '../domain/state.js';
import { survey } from '../domain/survey.js';
import { NOWHERE, type TagListing } from '../git/tag-listing.js';

/** One version as names tell it. It holds when the object of every witness confirms what the names promise. */
export interface Told {
  version: VersionId;
  witnesses: readonly Witness[];
}

/**
 * What names alone tell of the current version in a stage, or without a stage of the latest version: undefined where there is none,
 * and where only tag objects can settle it.
 */
export function versionByNames(
  listing: TagListing,
  artifact: ArtifactName,
  stage: StageName | undefined,
): Told | undefined {
  let told: Outline | undefined;
  eachSketch(listing, (name, sketch) => {
    if (name === artifact) told = outlineOf(listing, sketch);
  });
  const version = stage === undefined ? told?.summary.latest : told?.summary.stages.get(stage);
  if (told === undefined || version === undefined) return undefined;
  return { version, witnesses: told.witnesses.filter((witness) => witness.stage === stage) };
}

/** Shows what the names of a listing come to, an artifact as soon as all its tags are known. */
export function eachSketch(
  listing: TagListing,
  show: (artifact: ArtifactName, sketch: Sketch) => void,
): void {
  const { add, end } = survey(listing, show);
  listing.each((tag, from, to, target) => {
    if (target !== NOWHERE) add(tag, from, to, target);
  });
  end();
}
