import { findCurrent, findLatest, unknownArtifact } from '../domain/find.js';
import { artifactName, type StageName, stageName } from '../domain/names.js';
import { RegError } from '../errors.js';
import type { RegistryContext } from './context.js';
import { stageRow, versionRows } from './make-rows.js';
import { readArtifact, readArtifactNames } from './read.js';
import type { StageRow, VersionRow } from './rows.js';
import { currentIn, type InStage, versionsInStage, type ArtifactState } from "../domain/artifact.js";

/** Options of every reading call. */
export interface ReadOptions {
  /** Answers as of this moment, from the events whose effective time is not after it. */
  at?: Date | undefined;
}

/** Seconds since the epoch, as the core counts. */
export const seconds = (date: Date | undefined): number | undefined => date && date.getTime() / 1000;

/**
 * One artifact that has events.
 * @throws RegError INVALID_NAME, UNKNOWN_ARTIFACT
 */
export async function requireArtifact(
  context: RegistryContext,
  name: string,
  at?: Date,
): Promise<ArtifactState> {
  const wanted = artifactName(name);
  const artifact = await readArtifact(context.repository, wanted, seconds(at));
  if (artifact.events.length > 0) return artifact;
  const known = await readArtifactNames(context.repository);
  if (at && known.includes(wanted))
    throw new RegError(
      'UNKNOWN_ARTIFACT',
      `${wanted} had no event yet at ${at.toISOString()}`,
      `see: reg history ${wanted}`,
    );
  const mayLack = await isClone(context);
  // where tags are missing for sure, those that are here tell little
  const others = mayLack && (await context.repository.isShallow()) ? [] : known;
  throw unknownArtifact(wanted, others, mayLack);
}

/** Whether there is a remote, which may have more tags. A configuration that cannot be read is no answer to the question. */
const isClone = async ({ repository, config }: RegistryContext): Promise<boolean> =>
  repository.url === undefined &&
  config().then(
    ({ remote }) => repository.hasRemote(remote),
    () => false,
  );

/**
 * The current version in a stage. The configuration is read only to say what is wrong.
 * @throws RegError UNKNOWN_STAGE, NOTHING_IN_STAGE
 */
export async function requireCurrent(
  context: RegistryContext,
  artifact: ArtifactState,
  stage: StageName,
): Promise<InStage> {
  return currentIn(artifact, stage) ?? findCurrent(artifact, stage, (await context.config()).stages);
}

/** The current version in a stage, and behind it those that would follow. */
export async function which(
  context: RegistryContext,
  name: string,
  stage: string,
  { at }: ReadOptions,
): Promise<[StageRow, ...StageRow[]]> {
  const wanted = stageName(stage);
  const artifact = await requireArtifact(context, name, at);
  const current = await requireCurrent(context, artifact, wanted);
  const others = versionsInStage(artifact, wanted).slice(1);
  const row = (held: typeof current): StageRow => stageRow(artifact.name, wanted, held);
  return [row(current), ...others.map(row)];
}

/** The greatest active registered version. */
export async function latest(
  context: RegistryContext,
  name: string,
  { at }: ReadOptions,
): Promise<VersionRow> {
  const artifact = await requireArtifact(context, name, at);
  const { id } = findLatest(artifact);
  const row = versionRows(artifact).find((one) => one.version === id);
  if (row === undefined) throw new Error('every version has a row');
  return row;
}
