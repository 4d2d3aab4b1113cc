import { type ArtifactState, currentIn, type InStage } from '../domain/artifact.js';
import type { Event } from '../domain/event.js';
import { findCurrent, findLatest, unknownArtifact } from '../domain/find.js';
import { artifactName, type StageName, stageName } from '../domain/names.js';
import {
  type Artifact,
  asOf,
  COMPLETE,
  current,
  effectiveTime,
  type Facts,
  latest as greatest,
  heldByStage,
  inStage,
  isVersion,
  registrationOf,
} from '../domain/state.js';
import { RegError } from '../errors.js';
import type { RegistryContext } from './context.js';
import { madeBy, stageRow, versionRows } from './make-rows.js';
import { ask, readArtifact, readArtifactNames } from './read.js';
import type { Made, StageRow, VersionRow } from './rows.js';

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
  const artifact = await readArtifact(context.repository.tags, wanted, seconds(at));
  if (artifact.events.length > 0) return artifact;
  const known = await readArtifactNames(context.repository.tags);
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

/** How to ask what is in a stage. */
export interface WhichOptions extends ReadOptions {
  /** Every version in the stage, the current one first. */
  all?: boolean | undefined;
}

/**
 * The current version in a stage; with `all`, the others behind it.
 * @throws RegError INVALID_NAME, INVALID_STAGE, UNKNOWN_ARTIFACT, UNKNOWN_STAGE, NOTHING_IN_STAGE
 */
export async function which(
  context: RegistryContext,
  name: string,
  stage: string,
  { at, all }: WhichOptions,
): Promise<[StageRow, ...StageRow[]]> {
  const wanted = stageName(stage);
  const rows = await askOne(context, name, at, (artifact, facts) => {
    const held = all
      ? [...inStage(artifact, wanted, facts)]
      : [current(artifact, wanted, facts) ?? []].flat();
    return held.map(({ id, event }): StageRow => {
      const commit = isVersion(id) ? (registrationOf(artifact, id, facts)?.commit ?? event.commit) : id;
      return {
        artifact: artifact.name,
        stage: wanted,
        version: id,
        commit,
        ...madeAt(event, artifact, facts),
      };
    });
  });
  const [first, ...others] = rows ?? [];
  if (first) return [first, ...others];
  const artifact = await requireArtifact(context, name, at);
  return [stageRow(artifact.name, wanted, await requireCurrent(context, artifact, wanted))];
}

/**
 * The greatest active registered version.
 * @throws RegError INVALID_NAME, UNKNOWN_ARTIFACT, UNKNOWN_VERSION
 */
export async function latest(
  context: RegistryContext,
  name: string,
  { at }: ReadOptions,
): Promise<VersionRow> {
  const row = await askOne(context, name, at, (artifact, facts): VersionRow | undefined => {
    const version = greatest(artifact, facts);
    if (version === undefined) return undefined;
    const event = registrationOf(artifact, version, facts) as Event;
    const held = heldByStage(artifact, {}, facts);
    return {
      artifact: artifact.name,
      version,
      commit: event.commit,
      ...madeAt(event, artifact, facts),
      active: true,
      stages: [...held].filter(([, [first]]) => first?.id === version).map(([stage]) => stage),
    };
  });
  if (row) return row;
  const artifact = await requireArtifact(context, name, at);
  const { id } = findLatest(artifact);
  return versionRows(artifact).find(({ version }) => version === id) as VersionRow;
}

const madeAt = (event: Event, artifact: Artifact, facts: Facts): Made =>
  madeBy({ ...event, time: effectiveTime(event, artifact, facts) });

/** Asks about one artifact as of now or of a moment. */
async function askOne<T>(
  { repository }: RegistryContext,
  name: string,
  at: Date | undefined,
  question: (artifact: Artifact, facts: Facts) => T,
): Promise<T | undefined> {
  const wanted = artifactName(name);
  const time = seconds(at);
  const answers = await ask(repository.tags, wanted, (artifact, facts) =>
    time === undefined ? question(artifact, facts) : question(asOf(artifact, time, facts), COMPLETE),
  );
  return answers.get(wanted);
}
