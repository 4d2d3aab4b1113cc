import type { Config } from '../documents/config.js';
import { type State, stateOf } from '../domain/artifact.js';
import { differences, type Facts, factsOf } from '../domain/differences.js';
import type { Oid } from '../domain/event.js';
import { type MetricValues, reasonsWorse, rulesFor, wayOf } from '../domain/metrics.js';
import type { ArtifactName } from '../domain/names.js';
import { compareText } from '../domain/order.js';
import { parseTarget, type Target } from '../domain/target.js';
import { formatTime } from '../domain/time.js';
import { RegError } from '../errors.js';
import type { Evidence } from '../evidence/evidence.js';
import type { History, LoggedCommit } from '../git/port.js';
import { mapAtMost, once } from '../util/async.js';
import { type RegistryContext, requireCommit } from './context.js';
import { declaredArtifacts, unlessUndeclared } from './declared.js';
import { describeChosen } from './describe.js';
import { evidenceOf } from './evidence.js';
import { comparedEvidence } from './evidence-facts.js';
import { type DeclaredPlace, formerName, laterNames } from './former-names.js';
import { linkAt, withSharedSources } from './links.js';
import { askMeant } from './meant.js';
import { metricsOf } from './metrics-file.js';
import { judgedRegistry, readRules, rulesSourceOf } from './policy.js';
import { type Chosen, choose, chosenBy, type ReadOptions, whichOfAll } from './queries.js';
import { eventsIn, readAllTags } from './read.js';
import type {
  CommitLog,
  Description,
  Difference,
  DiffSide,
  LogRow,
  StageDifference,
  StageRow,
} from './rows.js';
import { sourceRepository } from './source-rev.js';

/** How to compare. */
export interface DiffOptions extends Pick<ReadOptions, 'at' | 'onMissing'> {
  /** At most so many commits of each log, 20 by default; 0 for no logs. */
  log?: number | undefined;
  /**
   * Says whether the second is worse by the rules of `metrics`. They are those of the default branch of the remote, which is asked, and metrics
   * are read from the metrics files of the sources too.
   */
  judge?: boolean | undefined;
}

/**
 * Compares two states of an artifact, or of two artifacts.
 * @param fromText an artifact alone is its latest version where nothing else is named, else what HEAD declares
 * @param toText may leave the artifact out: `#prod`, `@latest`; what HEAD declares by default
 * @throws RegError INVALID_LINK, and what choosing throws; with `judge` also REMOTE_FAILED, INVALID_CONFIG, INVALID_MODEL
 */
export async function diff(
  context: RegistryContext,
  fromText: string,
  toText: string | undefined,
  options: DiffOptions,
): Promise<Difference> {
  const { at } = options;
  const named = parseTarget(fromText);
  const { artifact } = named;
  // what HEAD declares does not differ from itself
  const isAlone = named.which === undefined && toText === undefined;
  const sideAt = (text: string): Promise<Side> =>
    askMeant(context, text, (full) => sideOf(context, text, parseTarget(full), at));
  const one = await sideAt(isAlone ? `${artifact}@latest` : fromText);
  const isShort = toText === undefined || /^[@#]/.test(toText);
  const other = await sideAt(isShort ? `${one.side.artifact}${toText ?? ''}` : toText);
  const found = await compare(context, one, other, options, rulesOf(context, options));
  return { ...found, from: one.side };
}

/**
 * Compares what HEAD declares with what a stage holds: one row for each artifact that either declares, by name.
 * @param target `#prod`
 * @throws RegError UNKNOWN_STAGE, and what comparing throws
 */
export async function diffStage(
  given: RegistryContext,
  target: string,
  options: DiffOptions,
): Promise<StageDifference[]> {
  const { at, onMissing, judge } = options;
  // a change under review hides nothing from the judgement about it
  const context = withSharedSources(judge ? await judgedRegistry(given, given.offline) : given);
  const head = await requireCommit(context, 'HEAD');
  const unknown = new Set<string | undefined>();
  const rowsThere = await whichOfAll(context, target.slice(1), {
    at,
    onMissing: (artifact) => {
      unknown.add(artifact);
      onMissing?.(artifact);
    },
  });
  // without any tag nothing is known of any artifact
  if (unknown.has(undefined)) return [];
  const held = new Map(rowsThere.map((row) => [row.artifact, row]));
  const declared = new Set(await declaredArtifacts(context, head));
  const names = [...new Set([...declared, ...held.keys()])].filter((name) => !unknown.has(name));
  const rules = rulesOf(context, options);
  const { tags } = context.repository;
  // one listing for all; each artifact alone costs a question at a URL
  const state = stateOf(eventsIn(held.size === 0 ? [] : await readAllTags(tags, 'all')).events);
  const rows = await mapAtMost(
    AT_ONCE,
    names.sort(compareText),
    async (artifact): Promise<StageDifference | undefined> => {
      // it is compared under the name that it has now
      if (!declared.has(artifact) && (await laterNames(tags, artifact)).some((name) => declared.has(name)))
        return undefined;
      const row = held.get(artifact);
      const one = row && (await sideAt(context, `${artifact}${target}`, artifact, placeIn(state, row)));
      // a stage may hold what was never declared
      if (!declared.has(artifact) && one?.description === undefined) return undefined;
      const now = { version: null, commit: head };
      const other = declared.has(artifact)
        ? await sideAt(context, artifact, artifact, now)
        : { side: { target: artifact, artifact, ...now, file: null }, place: now, description: undefined };
      return compare(context, one, other, options, rules);
    },
  );
  return rows.filter((row) => row !== undefined);
}

/** Where the commit of a version in a stage declares it. */
function placeIn(state: State, { artifact, version, commit }: StageRow): Chosen {
  const whole = state.get(artifact);
  return { version, commit, renamedFrom: whole && formerName(whole, version, commit) };
}

/** Artifacts that are compared at a time. */
const AT_ONCE = 4;

/** Gives the configuration with the rules of metrics. */
type Rules = () => Promise<Pick<Config, 'metrics' | 'metricsFile'>>;

const rulesOf = (context: RegistryContext, { judge }: DiffOptions): Rules =>
  once(async () =>
    judge
      ? (await readRules(context, await rulesSourceOf(context, context.offline))).config
      : context.config(),
  );

async function compare(
  context: RegistryContext,
  one: Side | undefined,
  other: Side,
  { log = 20, judge = false }: DiffOptions,
  rules: Rules,
): Promise<StageDifference> {
  const { artifact } = other.side;
  const judged = judge ? await rules() : undefined;
  const about = rulesFor(artifact, judged?.metrics ?? {});
  const metrics = about.map(({ metric }) => metric);
  const evidence = comparedEvidence(
    one === undefined ? null : await evidenceAt(context, one, judge, judged),
    await evidenceAt(context, other, judge, judged),
  );
  for (const problem of evidence.problems) context.note(problem);
  const [before, after] = [
    one === undefined ? {} : withFacts(evidence.from, await factsAt(context, one, metrics, judged)),
    withFacts(evidence.to, await factsAt(context, other, metrics, judged)),
  ];
  const hasMetrics = Object.keys(after.metrics ?? {}).length > 0;
  const { metrics: known } = judged ?? (hasMetrics ? await rules() : { metrics: {} });
  const changes = differences(before, after, (metric) => wayOf(metric, artifact, known));
  // of what HEAD does not declare any more, every metric is gone
  const reasons = reasonsWorse(about, valuesIn(before), valuesIn(after), one?.side.target ?? 'nothing');
  const same = changes.length === 0;
  const noLogs = { source: null, registry: null };
  return {
    from: one?.side ?? null,
    to: other.side,
    same,
    worse: judge ? reasons.length > 0 : null,
    reasons,
    changes,
    log: log > 0 && one !== undefined ? await logsOf(context, one, other, log) : noLogs,
  };
}

/** What the files of one side say; null where nothing declares the artifact there. */
const evidenceAt = async (
  context: RegistryContext,
  { side: { artifact }, place, description }: Side,
  judge: boolean,
  judged: Pick<Config, 'metricsFile'> | undefined,
): Promise<Evidence | null> =>
  description === undefined
    ? null
    : evidenceOf(context, artifact, place, { mayFetch: judge, metricsFile: judged?.metricsFile });

/** Facts of files, and of what declares the artifact, which come first. */
const withFacts = (found: Facts, declared: Facts): Facts => ({
  ...found,
  ...declared,
  metrics: { ...found.metrics, ...declared.metrics },
  params: { ...found.params, ...declared.params },
});

/** The facts of one side; where it is judged, with the metrics that rules are about, also those of its metrics file. */
async function factsAt(
  context: RegistryContext,
  { side: { artifact, commit }, place, description }: Side,
  metrics: readonly string[],
  judged: Pick<Config, 'metricsFile'> | undefined,
): Promise<Facts> {
  const facts = factsOf(description);
  if (judged === undefined || description === undefined || metrics.length === 0) return facts;
  const link = await linkAt(context, artifact, place).catch(unlessWithoutPath);
  if (link === undefined) return facts;
  const values = await metricsOf(context, judged, link, async () => commit, metrics);
  const found = metrics.flatMap((metric): [string, number | bigint][] => {
    const value = values.valueOf(metric);
    return value === undefined ? [] : [[metric, value]];
  });
  return { ...facts, metrics: { ...facts.metrics, ...Object.fromEntries(found) } };
}

/** An annotation of gto need not name a path, and has no source with metrics then. */
function unlessWithoutPath(error: unknown): undefined {
  if (error instanceof RegError && error.code === 'SOURCE_PATH') return undefined;
  throw error;
}

const valuesIn =
  ({ metrics = {} }: Facts): MetricValues =>
  (metric) => {
    const value = Object.hasOwn(metrics, metric) ? metrics[metric] : undefined;
    return typeof value === 'number' || typeof value === 'bigint' ? value : undefined;
  };

interface Side {
  side: DiffSide;
  place: DeclaredPlace;
  description: Description | undefined;
}

async function sideOf(
  context: RegistryContext,
  shown: string,
  target: Target,
  at: Date | undefined,
): Promise<Side> {
  const { artifact } = target;
  const asOf = target.which === undefined ? undefined : at;
  const chosen = await choose(context, artifact, { ...chosenBy(target), at: asOf });
  return sideAt(context, shown, artifact, chosen);
}

async function sideAt(
  context: RegistryContext,
  shown: string,
  artifact: ArtifactName,
  chosen: Chosen,
): Promise<Side> {
  const { version, commit } = chosen;
  // a name that is neither registered nor declared is no artifact, and mostly a typing error
  const description = await describeChosen(context, artifact, chosen).catch(
    version === null ? undefined : unlessUndeclared,
  );
  const side = { target: shown, artifact, version, commit, file: description?.file ?? null };
  return { side, place: chosen, description };
}

async function logsOf(
  context: RegistryContext,
  one: Side,
  other: Side,
  most: number,
): Promise<Difference['log']> {
  const [from, to] = [one.description?.source, other.description?.source];
  const isSameRepository = from?.repo === to?.repo;
  const [source, registry] = await Promise.all([
    from?.commit !== undefined && to?.commit !== undefined && isSameRepository
      ? logBetween(async () => (await sourceRepository(context, from)).history, from.commit, to.commit, most)
      : null,
    logBetween(async () => context.repository.history, one.side.commit, other.side.commit, most),
  ]);
  return { source, registry };
}

/**
 * Lists the commits between two others, at most so many each way; null when both are the same. A repository that cannot be
 * asked is no failure.
 */
async function logBetween(
  open: () => Promise<History>,
  from: Oid,
  to: Oid,
  most: number,
): Promise<CommitLog | null> {
  if (from === to) return null;
  const none = (problem: string): CommitLog => ({ from, to, added: [], removed: [], more: false, problem });
  try {
    const history = await open();
    // not at once: both may have to fetch the same
    const added = await history.between(from, to, most + 1);
    const removed = added && (await history.between(to, from, most + 1));
    if (added === undefined || removed === undefined) return none('the history is not here as a whole');
    return {
      from,
      to,
      added: added.slice(0, most).map(rowOf),
      removed: removed.slice(0, most).map(rowOf),
      more: added.length > most || removed.length > most,
      problem: null,
    };
  } catch (error) {
    if (error instanceof RegError && error.code !== 'INTERRUPTED') return none(error.message);
    throw error;
  }
}

/** The last second that a date of JavaScript can be; a commit may claim a later one. */
const LAST = 8.64e12;

const rowOf = ({ commit, time, author, email, subject }: LoggedCommit): LogRow => ({
  commit,
  time: formatTime(Math.min(time, LAST)),
  author,
  email,
  subject,
});
