import { findArtifact, findCurrent, findLatest } from '../domain/find.js';
import { artifactName, type StageName, stageName } from '../domain/names.js';
import { mergeOrdered } from '../domain/order.js';
import { currentIn, type InStage, versionsInStage } from '../domain/query.js';
import type { ArtifactState, ResolvedEvent } from '../domain/state.js';
import { RegError } from '../errors.js';
import type { RegistryContext } from './context.js';
import { readArtifact, readArtifactNames, readState } from './read.js';
import {
  type HistoryRow,
  historyRow,
  type OverviewRow,
  overviewRow,
  type StageRow,
  stageRow,
  type VersionRow,
  versionRows,
} from './rows.js';

/** Options of every reading call. */
export interface ReadOptions {
  /** Answers as of this moment, from the events whose effective time is not after it. */
  at?: Date | undefined;
}

/** Seconds since the epoch, as the core counts. */
const seconds = (date: Date | undefined): number | undefined => date && date.getTime() / 1000;

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
  return findArtifact(new Map(), wanted, known);
}

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

/** Which artifacts an overview shows. */
export interface OverviewOptions extends ReadOptions {
  /** Shows deprecated artifacts too. */
  deprecated?: boolean | undefined;
}

/** One row for each artifact, by name. */
export async function overview(context: RegistryContext, options: OverviewOptions): Promise<OverviewRow[]> {
  const state = await readState(context.repository, seconds(options.at));
  return [...state.values()]
    .filter((artifact) => options.deprecated || !artifact.deprecated)
    .map(overviewRow)
    .sort((a, b) => (a.artifact < b.artifact ? -1 : 1));
}

/** One row for each version of an artifact, greatest first. */
export async function versions(
  context: RegistryContext,
  name: string,
  { at }: ReadOptions,
): Promise<VersionRow[]> {
  return versionRows(await requireArtifact(context, name, at));
}

/** Which events a history shows, and in which order. */
export interface HistoryOptions extends ReadOptions {
  stage?: string | undefined;
  /** Events from this moment on. */
  since?: Date | undefined;
  /** Events up to this moment. */
  until?: Date | undefined;
  /** Oldest first. */
  ascending?: boolean | undefined;
  /** At most so many. */
  limit?: number | undefined;
}

/** The journal of one artifact or of all, newest first. */
export async function history(
  context: RegistryContext,
  name: string | undefined,
  options: HistoryOptions,
): Promise<HistoryRow[]> {
  const events = mergeOrdered(await eventsOf(context, name, options.at));
  const stage = options.stage === undefined ? undefined : stageName(options.stage);
  const since = seconds(options.since) ?? Number.NEGATIVE_INFINITY;
  const until = seconds(options.until) ?? Number.POSITIVE_INFINITY;
  const wanted = events.filter(
    (event) =>
      event.time >= since &&
      event.time <= until &&
      (stage === undefined || ('stage' in event && event.stage === stage)),
  );
  if (!options.ascending) wanted.reverse();
  return wanted.slice(0, options.limit).map(historyRow);
}

async function eventsOf(
  context: RegistryContext,
  name: string | undefined,
  at?: Date,
): Promise<(readonly ResolvedEvent[])[]> {
  if (name !== undefined) return [(await requireArtifact(context, name, at)).events];
  const state = await readState(context.repository, seconds(at));
  return [...state.values()].map((artifact) => artifact.events);
}
