import { type ArtifactState, type ResolvedEvent, stagesUsed } from '../domain/artifact.js';
import { findNamed } from '../domain/find.js';
import { type ArtifactName, stageName } from '../domain/names.js';
import { mergeOrdered } from '../domain/order.js';
import { didYouMean } from '../domain/suggest.js';
import { parseVersionTarget } from '../domain/target.js';
import { type Interval, intervalsIn } from '../domain/timeline.js';
import { RegError } from '../errors.js';
import type { RegistryContext } from './context.js';
import { historyRow, intervalRow } from './make-rows.js';
import { askMeant } from './meant.js';
import { readWhole } from './missing.js';
import {
  isWithoutTags,
  leftOut,
  type ReadOptions,
  reportMissing,
  requireArtifact,
  requireKnownStage,
  seconds,
  stagesAlone,
} from './queries.js';
import { readArtifact } from './read.js';
import type { HistoryRow, IntervalRow } from './rows.js';

/** Which part of history is wanted, and in which order. */
export interface HistoryOptions extends ReadOptions {
  stage?: string | undefined;
  /** What happened, or still lasted, from this moment on. */
  since?: Date | undefined;
  /** What happened, or had begun, up to this moment. */
  until?: Date | undefined;
  /** Only events of the tagger with this address, letter case ignored; of intervals those that it began. */
  by?: string | undefined;
  /** With the events under the names that an artifact had before. */
  follow?: boolean | undefined;
  /** Oldest first. */
  ascending?: boolean | undefined;
  /** At most so many rows. */
  limit?: number | undefined;
}

/** The journal of all artifacts, of one, or of one version (`artifact@version`), newest first. */
export const history = async (
  context: RegistryContext,
  target: string | undefined,
  options: HistoryOptions,
): Promise<HistoryRow[]> => (await journal(context, target, options)).map(historyRow);

/** The same as events, for who makes rows of a few at a time: a registry has as many as it has tags. */
export async function journal(
  context: RegistryContext,
  target: string | undefined,
  options: HistoryOptions,
): Promise<ResolvedEvent[]> {
  const { artifacts, isWanted } = await selectMeant(context, target, options);
  const { since, until } = bounds(options);
  const events = mergeOrdered(artifacts.map((artifact) => artifact.events)).filter(
    (event) =>
      event.time >= since &&
      event.time <= until &&
      isBy(options, event) &&
      isWanted('stage' in event ? event.stage : undefined, event.of),
  );
  if (events.length === 0) noteStranger(context, artifacts, options);
  return cut(events, options);
}

/** One row for each stay of a version in a stage: from when to when it was the current one there, and by whom. */
export async function intervals(
  context: RegistryContext,
  target: string | undefined,
  options: HistoryOptions,
): Promise<IntervalRow[]> {
  const { artifacts, isWanted } = await selectMeant(context, target, options);
  const { since, until } = bounds(options);
  const stays = artifacts
    .flatMap((artifact) => stagesUsed(artifact).flatMap((stage) => intervalsIn(artifact, stage)))
    .filter(
      (stay) =>
        isBy(options, stay.from) &&
        isWanted(stay.stage, stay.version) &&
        stay.from.time <= until &&
        endOf(stay) >= since,
    )
    .sort((a, b) => a.from.time - b.from.time || a.from.place - b.from.place);
  if (stays.length === 0) noteStranger(context, artifacts, options);
  return cut(stays, options).map(intervalRow);
}

const isBy = ({ by }: HistoryOptions, { tagger }: ResolvedEvent): boolean =>
  by === undefined || tagger.email.toLowerCase() === by.toLowerCase();

/** Says so where no event at all is by the tagger who is asked for: an empty history would look like one of a person who did nothing. */
function noteStranger(
  { note }: RegistryContext,
  artifacts: readonly ArtifactState[],
  options: HistoryOptions,
): void {
  const { by } = options;
  const events = artifacts.flatMap((artifact) => artifact.events);
  if (by === undefined || events.some((event) => isBy(options, event))) return;
  const known = [...new Set(events.map(({ tagger }) => tagger.email))].sort();
  note(`no event is by ${by}; ${didYouMean(by, known, 'there is no event at all')}`);
}

const endOf = ({ until }: Interval): number => until?.time ?? Number.POSITIVE_INFINITY;

interface Selection {
  artifacts: ArtifactState[];
  isWanted: (stage: string | undefined, version: string | undefined) => boolean;
}

const selectMeant = (
  context: RegistryContext,
  target: string | undefined,
  options: HistoryOptions,
): Promise<Selection> =>
  target === undefined
    ? select(context, target, options)
    : askMeant(context, target, (full) => select(context, full, options));

async function select(
  context: RegistryContext,
  target: string | undefined,
  options: HistoryOptions,
): Promise<Selection> {
  const stage = options.stage === undefined ? undefined : stageName(options.stage);
  const { since, until } = bounds(options);
  if (since > until) throw new RegError('USAGE', 'since is later than until', 'turn the two times around');
  const { artifact, which } = target === undefined ? {} : parseVersionTarget(target);
  const artifacts =
    artifact === undefined
      ? await allWhole(context, options)
      : [await requireArtifact(context, artifact, options.at)];
  if (options.follow && artifacts[0] && artifact !== undefined)
    artifacts.push(...(await earlierNames(context, artifacts[0], options.at)));
  if (stage !== undefined && !artifacts.some((one) => stagesUsed(one).includes(stage)))
    await requireKnownStage(context, stage);
  const version = which && artifacts[0] && findNamed(artifacts[0], which, { at: seconds(options.at) });
  return {
    artifacts,
    isWanted: (itsStage, itsVersion) =>
      (stage === undefined || itsStage === stage) && (version === undefined || itsVersion === version.id),
  };
}

/** An artifact under the names that it had before: those that its events, or the events under these names, say that they took over. */
async function earlierNames(
  context: RegistryContext,
  artifact: ArtifactState,
  at: Date | undefined,
): Promise<ArtifactState[]> {
  const found = new Map<ArtifactName, ArtifactState>([[artifact.name, artifact]]);
  // those that are added meanwhile are visited too
  for (const { events } of found.values())
    for (const { renamedFrom } of events)
      if (renamedFrom !== undefined && !found.has(renamedFrom))
        found.set(renamedFrom, await readArtifact(context, renamedFrom, seconds(at)));
  return [...found.values()].slice(1);
}

/** All artifacts, without those whose tags are known to be partial. */
async function allWhole(
  context: RegistryContext,
  { at, onMissing }: HistoryOptions,
): Promise<ArtifactState[]> {
  const { whole, unsure } = await readWhole(context, seconds(at));
  reportMissing(context, onMissing, unsure);
  await isWithoutTags(context, whole.length + unsure.size, onMissing);
  const alone = whole.flatMap(({ name, grouped }) => {
    const stages = stagesAlone(grouped);
    return stages === undefined || stages.length === 0 ? [] : ([[name, stages]] as const);
  });
  const left = alone.length === 0 ? new Set() : await leftOut(context, new Map(alone));
  return whole.filter(({ name }) => !left.has(name));
}

const bounds = ({ since, until }: HistoryOptions): { since: number; until: number } => ({
  since: seconds(since) ?? Number.NEGATIVE_INFINITY,
  until: seconds(until) ?? Number.POSITIVE_INFINITY,
});

/** Rows that come oldest first, in the order and number that is wanted. */
const cut = <T>(rows: readonly T[], { ascending, limit }: HistoryOptions): T[] =>
  ascending
    ? rows.slice(0, limit)
    : rows.slice(limit === undefined ? 0 : Math.max(0, rows.length - limit)).reverse();
