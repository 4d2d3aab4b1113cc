import type { ArtifactName, StageName } from '../domain/names.js';
import { outlineOf, type Witness } from '../domain/outline.js';
import type { VersionId } from '../domain/state.js';
import { type Survey, survey } from '../domain/survey.js';
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
  const sketch = sketchesIn(listing).get(artifact);
  const told = sketch && outlineOf(listing, sketch);
  const version = stage === undefined ? told?.summary.latest : told?.summary.stages.get(stage);
  if (told === undefined || version === undefined) return undefined;
  return { version, witnesses: told.witnesses.filter((witness) => witness.stage === stage) };
}

/** What the names of a listing come to, by artifact. */
export function sketchesIn(listing: TagListing): Survey['sketches'] {
  const { sketches, add } = survey(listing);
  listing.each((tag, from, to, target) => {
    if (target !== NOWHERE) add(tag, from, to, target);
  });
  return sketches;
}
