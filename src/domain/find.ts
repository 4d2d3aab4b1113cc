import { RegError } from '../errors.js';
import { short } from '../util/oid.js';
import {
  type ArtifactState,
  currentIn,
  type InStage,
  latestVersion,
  stagesUsed,
  type VersionState,
  versionsGreatestFirst,
} from './artifact.js';
import type { ArtifactName, StageName } from './names.js';
import type { Snapshot } from './plan.js';
import type { VersionId } from './state.js';
import { didYouMean, nearest } from './suggest.js';
import type { VersionTarget } from './target.js';

/**
 * What is known of an artifact that must have events.
 * @throws RegError UNKNOWN_ARTIFACT
 */
export function known<T extends Pick<Snapshot, 'artifact' | 'otherArtifacts' | 'mayLack'>>(snapshot: T): T {
  const { artifact, otherArtifacts, mayLack } = snapshot;
  if (artifact.events.length === 0) throw unknownArtifact(artifact.name, otherArtifacts, mayLack);
  return snapshot;
}

const SYNC = 'get tags that may be missing here with: reg sync';

/**
 * The error for an artifact without events; `others` are those that have some.
 * @param mayLack whether this is a clone whose remote may have more
 */
export function unknownArtifact(
  name: ArtifactName,
  others: readonly ArtifactName[],
  mayLack: boolean,
): RegError {
  const hint = didYouMean(name, others, `register a first version with: reg register ${name}`);
  const isTypo = nearest(name, others) !== undefined;
  // where tags are missing here, a "first" version could take a number that is in use elsewhere
  const whole = others.length === 0 ? `${SYNC}; or ${hint}` : `${hint}; ${SYNC}`;
  return new RegError(
    'UNKNOWN_ARTIFACT',
    `no artifact '${name}' is registered here`,
    mayLack && !isTypo ? whole : hint,
  );
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
 * @param wayOut the hint where the stage is empty
 * @throws RegError UNKNOWN_STAGE when no event and no configuration names the stage, NOTHING_IN_STAGE when it is empty
 */
export function findCurrent(
  artifact: ArtifactState,
  stage: StageName,
  allowed: readonly StageName[] = [],
  wayOut = `put one there with: reg assign ${artifact.name} ${stage}`,
): InStage {
  const current = currentIn(artifact, stage);
  if (current) return current;
  const known = [...new Set([...allowed, ...stagesUsed(artifact)])];
  const nothing = `no version of ${artifact.name} is in stage ${stage}`;
  if (known.includes(stage)) throw new RegError('NOTHING_IN_STAGE', nothing, wayOut);
  throw new RegError('UNKNOWN_STAGE', nothing, didYouMean(stage, known, 'no stage was ever used for it'));
}

/**
 * The same, for commands that take a version out of the stage. The hint does not propose to put one there.
 * @throws RegError UNKNOWN_STAGE, NOTHING_IN_STAGE
 */
export const findLeaving = (
  artifact: ArtifactState,
  stage: StageName,
  allowed: readonly StageName[] | undefined,
): InStage =>
  findCurrent(artifact, stage, allowed, `see where its versions are, with: reg show ${artifact.name}`);

/** How a version is named in a sentence: `v1.2.0`, or `commit 0123456789ab`. */
export const versionLabel = (id: VersionId): string => (id.startsWith('v') ? id : `commit ${short(id)}`);
