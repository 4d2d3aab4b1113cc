import { RegError } from '../errors.js';
import type { ArtifactName, StageName } from './names.js';
import { currentIn, type InStage, latestVersion, stagesUsed, versionsGreatestFirst } from './query.js';
import type { ArtifactState, VersionId, VersionState } from './state.js';
import { didYouMean } from './suggest.js';
import type { VersionTarget } from './target.js';

/**
 * What is known of an artifact that must have events.
 * @throws RegError UNKNOWN_ARTIFACT
 */
export function known<T extends { artifact: ArtifactState; otherArtifacts: readonly ArtifactName[] }>(
  snapshot: T,
): T {
  const { artifact, otherArtifacts } = snapshot;
  if (artifact.events.length === 0) throw unknownArtifact(artifact.name, otherArtifacts);
  return snapshot;
}

/** The error for an artifact without events; `others` are those that have some. */
export function unknownArtifact(name: ArtifactName, others: readonly ArtifactName[]): RegError {
  const hint = didYouMean(name, others, `register a first version with: reg register ${name}`);
  return new RegError('UNKNOWN_ARTIFACT', `no artifact '${name}' is registered here`, hint);
}

/**
 * The version of that id, active or not; a unique beginning of a commit id (4 digits or more) names an unregistered one.
 * @throws RegError UNKNOWN_VERSION
 */
export function findVersion(artifact: ArtifactState, id: string): VersionState {
  const exact = artifact.versions.get(id);
  if (exact) return exact;
  const all = versionsGreatestFirst(artifact);
  const begins = /^[0-9a-f]{4,}$/.test(id) ? all.filter((version) => version.id.startsWith(id)) : [];
  if (begins.length === 1 && begins[0]) return begins[0];
  const known = all.filter((version) => version.active).map((version) => version.id);
  const hint = didYouMean(id, known, `register it with: reg register ${artifact.name} --version ${id}`);
  throw new RegError('UNKNOWN_VERSION', `${artifact.name} has no version ${id}`, hint);
}

/**
 * The greatest active registered version.
 * @throws RegError UNKNOWN_VERSION when there is none
 */
export function findLatest(artifact: ArtifactState): VersionState {
  const latest = latestVersion(artifact);
  if (latest) return latest;
  const hint = `register one with: reg register ${artifact.name}`;
  throw new RegError('UNKNOWN_VERSION', `${artifact.name} has no active registered version`, hint);
}

/**
 * The version that `@v1.2.0` or `@latest` names.
 * @throws RegError UNKNOWN_VERSION
 */
export const findNamed = (artifact: ArtifactState, which: VersionTarget): VersionState =>
  which.kind === 'latest' ? findLatest(artifact) : findVersion(artifact, which.id);

/**
 * The current version in a stage.
 * @param allowed the stages that the configuration lists, for the hint
 * @throws RegError UNKNOWN_STAGE when no event and no configuration names the stage, NOTHING_IN_STAGE when it is empty
 */
export function findCurrent(
  artifact: ArtifactState,
  stage: StageName,
  allowed: readonly StageName[] = [],
): InStage {
  const current = currentIn(artifact, stage);
  if (current) return current;
  const known = [...new Set([...allowed, ...stagesUsed(artifact)])];
  const nothing = `no version of ${artifact.name} is in stage ${stage}`;
  if (known.includes(stage))
    throw new RegError(
      'NOTHING_IN_STAGE',
      nothing,
      `put one there with: reg assign ${artifact.name} ${stage}`,
    );
  throw new RegError('UNKNOWN_STAGE', nothing, didYouMean(stage, known, 'no stage was ever used for it'));
}

/** How a version is named in a sentence: `v1.2.0`, or `commit 0123456789ab`. */
export const versionLabel = (id: VersionId): string =>
  id.startsWith('v') ? id : `commit ${id.slice(0, 12)}`;
