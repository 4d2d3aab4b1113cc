import { differences, factsOf } from '../domain/differences.js';
import type { Oid } from '../domain/event.js';
import { wayOf } from '../domain/metrics.js';
import { parseTarget, type Target } from '../domain/target.js';
import { formatTime } from '../domain/time.js';
import { RegError } from '../errors.js';
import type { History, LoggedCommit } from '../git/port.js';
import type { RegistryContext } from './context.js';
import { describeChosen } from './describe.js';
import { askMeant } from './meant.js';
import { choose, chosenBy } from './queries.js';
import type { CommitLog, Description, Difference, DiffSide, LogRow } from './rows.js';
import { sourceRepository } from './source-rev.js';

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
  const sideAt = (text: string): Promise<Side> =>
    askMeant(context, text, (full) => sideOf(context, text, parseTarget(full), at));
  const one = await sideAt(isAlone ? `${artifact}@latest` : fromText);
  const isShort = toText === undefined || /^[@#]/.test(toText);
  const other = await sideAt(isShort ? `${one.side.artifact}${toText ?? ''}` : toText);
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
  // a name that is neither registered nor declared is no artifact, and mostly a typing error
  const description = await describeChosen(context, artifact, chosen).catch(
    chosen.version === null ? undefined : unlessUndeclared,
  );
  return { side: { target: shown, artifact, ...chosen, file: description?.file ?? null }, description };
}

/** A version need not be declared (`register --unlinked`); then it has no description. */
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
