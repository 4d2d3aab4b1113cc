import { differences } from '../domain/differences.js';
import { wayOf } from '../domain/metrics.js';
import { parseTarget, type Target } from '../domain/target.js';
import { RegError } from '../errors.js';
import { choose, chosenBy } from './choose.js';
import { logBetween } from './commit-log.js';
import type { RegistryContext } from './context.js';
import { describeChosen } from './describe.js';
import { factsOf } from './facts.js';
import type { Description, Difference, DiffSide } from './rows.js';
import { sourceObjects } from './source-rev.js';

/** How to compare. */
export interface DiffOptions {
  /** Answers as of this moment. */
  at?: Date | undefined;
  /** At most so many commits of each log, 20 by default; 0 for no logs. */
  log?: number | undefined;
}

/**
 * Compares two states of an artifact, or of two artifacts.
 * @param fromText an artifact alone is its latest version where nothing else is named, else what HEAD declares
 * @param toText may leave the artifact out: `#prod`, `@latest`; what HEAD declares by default
 * @throws RegError INVALID_LINK, and what choosing throws
 */
export async function diff(
  context: RegistryContext,
  fromText: string,
  toText: string | undefined,
  { at, log = 20 }: DiffOptions,
): Promise<Difference> {
  const named = parseTarget(fromText);
  const { artifact } = named;
  // what HEAD declares does not differ from itself
  const isAlone = named.which === undefined && toText === undefined;
  const [fromShown, fromTarget]: [string, Target] = isAlone
    ? [`${artifact}@latest`, { artifact, which: { kind: 'latest' } }]
    : [fromText, named];
  const isShort = toText === undefined || /^[@#]/.test(toText);
  const shown = isShort ? `${artifact}${toText ?? ''}` : toText;
  const [one, other] = await Promise.all([
    sideOf(context, fromShown, fromTarget, at),
    sideOf(context, shown, parseTarget(shown), at),
  ]);
  const [before, after] = [factsOf(one.description), factsOf(other.description)];
  const rules =
    after.metrics && Object.keys(after.metrics).length > 0 ? (await context.config()).metrics : {};
  const changes = differences(before, after, (metric) => wayOf(metric, other.side.artifact, rules));
  const logs = log > 0 ? await logsOf(context, one, other, log) : { source: null, registry: null };
  return { from: one.side, to: other.side, same: changes.length === 0, changes, log: logs };
}

interface Side {
  side: DiffSide;
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
  // what is neither registered nor declared is no artifact, and mostly a slip of the hand
  const description = await describeChosen(context, artifact, chosen).catch(
    chosen.version === null ? undefined : unlessUndeclared,
  );
  return { side: { target: shown, artifact, ...chosen, file: description?.file ?? null }, description };
}

/** A version need not be declared (`register --unlinked`): then nothing is said of it. */
function unlessUndeclared(error: unknown): undefined {
  if (error instanceof RegError && error.code === 'NOT_DECLARED') return undefined;
  throw error;
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
      ? logBetween(() => sourceObjects(context, from), from.commit, to.commit, most)
      : null,
    logBetween(async () => context.repository, one.side.commit, other.side.commit, most),
  ]);
  return { source, registry };
}
