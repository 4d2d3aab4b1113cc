import type { ArtifactName, StageName } from '../domain/names.js';
import type { Listed, Witness } from '../domain/outline.js';
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
  const { artifacts, add } = survey();
  listing.eachAnnotated(add);
  const told = artifacts.get(artifact)?.outline(listedIn(listing));
  const version = stage === undefined ? told?.summary.latest : told?.summary.stages.get(stage);
  if (told === undefined || version === undefined) return undefined;
  return { version, witnesses: told.witnesses.filter((witness) => witness.stage === stage) };
}

/** Gives the tags of a listing by their numbers. */
export const listedIn = (listing: TagListing): Listed => ({
  leadsTo: listing.leadsTo,
  tag: (number) => ({
    tag: listing.name(number),
    tagOid: listing.oid(number),
    commit: listing.peeledOid(number) ?? '',
  }),
});
