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
import { type ArtifactName, lastPart, type StageName } from './names.js';
import type { Snapshot } from './plan.js';
import type { VersionId } from './state.js';
import { didYouMean, nearest, thereAre } from './suggest.js';
import type { VersionTarget } from './target.js';
import { formatTime } from './time.js';

/**
 * What is known of an artifact that must have events.
 * @throws RegError UNKNOWN_ARTIFACT
 */
export function known<T extends Pick<Snapshot, 'artifact' | 'otherArtifacts' | 'mayLack'>>(snapshot: T): T {
  const { artifact, otherArtifacts, mayLack } = snapshot;
  if (artifact.events.length === 0) throw unknownArtifact(artifact.name, otherArtifacts, mayLack);
  return snapshot;
}

/**
 * The error for an artifact without events; `others` are those that have some.
 * @param mayLack whether this is a clone whose remote may have more, or the command that gets it from there
 */
export function unknownArtifact(
  name: ArtifactName,
  others: readonly ArtifactName[],
  mayLack: boolean | string,
): RegError {
  const sync = `get tags that may be missing here with: ${mayLack === true ? 'reg sync' : mayLack}`;
  const near = nearestName(name, others);
  const otherwise = `register a first version with: reg register ${name}`;
  const hint = near === undefined ? thereAre(others, otherwise) : `did you mean '${near}'?`;
  // where tags are missing here, a "first" version could take a number that is in use elsewhere
  const whole = others.length === 0 ? `${sync}; or ${hint}` : `${hint}; ${sync}`;
  return new RegError(
    'UNKNOWN_ARTIFACT',
    `no artifact '${name}' is registered here`,
    mayLack !== false && near === undefined ? whole : hint,
  );
}

/**
 * The known artifact that a mistyped name probably meant: the one whose last part it is, else the one that is spelled the most
 * alike. Undefined where none is near, or several have that last part.
 */
export function nearestName(typed: ArtifactName, known: readonly ArtifactName[]): ArtifactName | undefined {
  const others = new Set(known);
  others.delete(typed);
  const same = [...others].filter((name) => lastPart(name) === lastPart(typed));
  if (same.length > 0) return same.length === 1 ? same[0] : undefined;
  const near = nearest(typed, [...others]);
  if (near !== undefined || typed.includes(':')) return near as ArtifactName | undefined;
  const part = nearest(typed, [...others].map(lastPart));
  const inFolders = [...others].filter((name) => lastPart(name) === part);
  return inFolders.length === 1 ? inFolders[0] : undefined;
}

/** How a version or a stage is asked for. */
export interface Asked {
  /** The moment that the answer is about, in seconds since the epoch; now without it. */
  at?: number | undefined;
  /** Whether the version is to be taken out of something or deleted: then no other one is proposed. */
  withdraws?: boolean | undefined;
}

/**
 * The version of that id, active or not; a unique beginning of a commit id (4 digits or more) names an unregistered one.
 * @throws RegError UNKNOWN_VERSION
 */
export function findVersion(
  artifact: ArtifactState,
  id: string,
  { at, withdraws }: Asked = {},
): VersionState {
  const exact = artifact.versions.get(id);
  if (exact) return exact;
  const all = versionsGreatestFirst(artifact);
  const begins = /^[0-9a-f]{4,}$/.test(id) ? all.filter((version) => version.id.startsWith(id)) : [];
  if (begins.length === 1 && begins[0]) return begins[0];
  if (at !== undefined)
    throw new RegError(
      'UNKNOWN_VERSION',
      `${artifact.name} had no version ${id} at ${formatTime(at)}`,
      `see which it had, with: reg show ${artifact.name} --at ${formatTime(at)}`,
    );
  const known = all.filter((version) => version.active).map((version) => version.id);
  const near = withdraws ? undefined : nearestVersion(id, known);
  const otherwise = `register it with: reg register ${artifact.name} --version ${id}`;
  const hint = near === undefined ? thereAre(known, otherwise) : `did you mean '${near}'?`;
  throw new RegError('UNKNOWN_VERSION', `${artifact.name} has no version ${id}`, hint);
}

/** The known version that a mistyped one probably meant. One with another major or minor part is another version, however alike. */
function nearestVersion(id: string, known: readonly string[]): string | undefined {
  const line = /^v\d+\.\d+\./.exec(id)?.[0] ?? id;
  return nearest(
    id,
    known.filter((one) => one.startsWith(line)),
  );
}

/**
 * The greatest active registered version.
 * @throws RegError UNKNOWN_VERSION when there is none
 */
export function findLatest(artifact: ArtifactState, { at }: Asked = {}): VersionState {
  const latest = latestVersion(artifact);
  if (latest) return latest;
  if (at !== undefined)
    throw new RegError(
      'UNKNOWN_VERSION',
      `${artifact.name} had no active registered version at ${formatTime(at)}`,
      `see what happened until then, with: reg history ${artifact.name} --until ${formatTime(at)}`,
    );
  const hint = `register one with: reg register ${artifact.name}`;
  throw new RegError('UNKNOWN_VERSION', `${artifact.name} has no active registered version`, hint);
}

/**
 * The version that `@v1.2.0` or `@latest` names.
 * @throws RegError UNKNOWN_VERSION
 */
export const findNamed = (artifact: ArtifactState, which: VersionTarget, asked: Asked = {}): VersionState =>
  which.kind === 'latest' ? findLatest(artifact, asked) : findVersion(artifact, which.id, asked);

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

/**
 * The version that was current in a stage at a moment.
 * @param artifact as of that moment
 * @param isKnown whether an event, also a later one, or the configuration names the stage
 * @throws RegError UNKNOWN_STAGE, NOTHING_IN_STAGE
 */
export function findPast(artifact: ArtifactState, stage: StageName, at: number, isKnown: boolean): InStage {
  const current = currentIn(artifact, stage);
  if (current) return current;
  const nothing = `no version of ${artifact.name} was in stage ${stage} at ${formatTime(at)}`;
  if (isKnown)
    throw new RegError(
      'NOTHING_IN_STAGE',
      nothing,
      `see when one was, with: reg history ${artifact.name} --stage ${stage} --intervals`,
    );
  throw new RegError(
    'UNKNOWN_STAGE',
    nothing,
    didYouMean(stage, stagesUsed(artifact), 'no stage was used for it by then'),
  );
}

/** How a version is named in a sentence: `v1.2.0`, or `commit 0123456789ab`. */
export const versionLabel = (id: VersionId): string => (id.startsWith('v') ? id : `commit ${short(id)}`);
