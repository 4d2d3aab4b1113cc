import type { ArtifactName, StageName } from '../domain/names.js';
import { type Outline, outlineOf, type Witness } from '../domain/outline.js';
import type { VersionId } from '../domain/state.js';
import { survey } from '../domain/survey.js';
import type { TagListing } from '../git/tag-listing.js';

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
  survey(listing, (name, sketch) => {
    if (name === artifact) told = outlineOf(listing, sketch);
  });
  const version =
    stage === undefined ? told?.summary.latest : told?.summary.stages.find(([name]) => name === stage)?.[1];
  if (told === undefined || version === undefined) return undefined;
  const isAsked = (witness: Witness): boolean =>
    stage === undefined ? witness.isLatest : witness.stage === stage;
  return { version, witnesses: told.witnesses.filter(isAsked) };
}
