import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { formatTime } from '../../domain/time.js';
import type { WebPages } from '../../domain/web-pages.js';
import { RegError } from '../../errors.js';
import { pagesOf } from '../../registry/browse.js';
import type { RegistryContext } from '../../registry/context.js';
import { type HistoryOptions, intervals, journal } from '../../registry/history.js';
import { historyRow } from '../../registry/make-rows.js';
import * as queries from '../../registry/queries.js';
import * as showing from '../../registry/show.js';
import type { WriteOptions } from '../../registry/write.js';
import { shellLine } from '../../util/shell.js';
import { type Output, pieces } from '../output.js';
import {
  BEHIND,
  hasBehind,
  historyTable,
  intervalTable,
  overviewTable,
  stageTable,
  versionTable,
} from '../render/rows.js';
import { renderTable, showsHyperlinks, type Table } from '../render/table.js';
import type { Session } from '../session.js';

// The questions that are asked most: they are in the file that starts the program.

/** Says on standard error that an artifact is deprecated. */
export const notingIn =
  (out: Output): queries.OnDeprecated =>
  (artifact, successor) =>
    out.note(`${artifact} is deprecated${successor === undefined ? '' : `; its successor is ${successor}`}`);

/** Says on standard error which event was passed over, and why. */
export const passingOverIn =
  (out: Output) =>
  (tag: string, reason: string): void =>
    out.note(`passed over ${tag}: ${reason}`);

/** `reg which` */
export async function which(
  { out, open }: Session,
  target: string,
  typed: string | undefined,
  options: queries.WhichOptions,
): Promise<number> {
  const [artifact, stage] = artifactAndStage(target, typed);
  const context = await open();
  if (artifact === '') {
    const whole = wholeness();
    const held = await queries.whichOfAll(context, stage, {
      ...options,
      onMissing: whole.onMissing,
      onPassedOver: passingOverIn(out),
    });
    await out.answer(held, () => stageTable(held, out));
    if (held.length === 0 && whole.code() === 0) out.note(`no version is in stage ${stage}`);
    return whole.code();
  }
  const rows = await queries.which(context, artifact, stage, {
    ...options,
    onDeprecated: notingIn(out),
    onPassedOver: passingOverIn(out),
  });
  const shown = options.all ? rows : [rows[0]];
  await out.answer(options.all ? rows : rows[0], () => shown.map(({ version }) => version));
  return 0;
}

/** Notices where tags are known to be missing, and gives the exit code of an answer about the others. */
export function wholeness(): { onMissing: () => void; code: () => number } {
  let code = 0;
  return {
    onMissing: () => {
      code = 1;
    },
    code: () => code,
  };
}

/**
 * The artifact, empty for all, and the stage that `churn prod`, `churn#prod` or `#prod` name.
 * @throws RegError USAGE
 */
function artifactAndStage(target: string, stage: string | undefined): [artifact: string, stage: string] {
  if (stage !== undefined) return [target, stage];
  const hash = target.indexOf('#');
  if (hash >= 0) return [target.slice(0, hash), target.slice(hash + 1)];
  // gto would take `churn@prod`; one word alone is an artifact or a stage
  const [, artifact, named] = /^([^@]+)@([^@]+)$/.exec(target) ?? [];
  const hint =
    artifact === undefined || named === undefined
      ? `name a stage; see those of an artifact with: ${shellLine('reg', 'show', target || 'ARTIFACT')}`
      : `did you mean: ${shellLine('reg', 'which', artifact, named)}`;
  throw new RegError('USAGE', "missing required argument 'stage'", hint);
}

/** `reg latest` */
export async function latest(
  { out, open }: Session,
  artifact: string,
  options: queries.ReadOptions,
): Promise<void> {
  const row = await queries.latest(await open(), artifact, { ...options, onDeprecated: notingIn(out) });
  await out.answer(row, () => [row.version]);
}

/** `reg show` */
export async function show(
  { out, open }: Session,
  target: string | undefined,
  {
    label,
    sort,
    ...options
  }: Omit<showing.VersionsOptions, 'sort'> &
    Pick<showing.OverviewOptions, 'sort' | 'undeclared'> & { label: string[] },
): Promise<number> {
  const context = await open();
  const whole = wholeness();
  const asked = { ...options, labels: label, onMissing: whole.onMissing };
  if (target !== undefined) {
    if (sort === 'name')
      throw new RegError('USAGE', 'versions have no names to be sorted by', 'sort by semver or timestamp');
    const rows = await showing.versions(context, target, {
      ...asked,
      sort,
      onDeprecated: notingIn(out),
    });
    const isOfAll = target.startsWith('#');
    await out.answer(rows, async () => versionTable(rows, out, isOfAll, await linksOf(out, context)));
    return whole.code();
  }
  const rows = await showing.overview(context, { ...asked, sort });
  await out.answer(rows, async () => {
    const { stages: order = [] } = out.world.isTTY ? await context.config() : {};
    return overviewTable(rows, order, out, await linksOf(out, context));
  });
  if (out.isData) return whole.code();
  if (out.world.isTTY && hasBehind(rows)) out.note(`${BEHIND} behind the latest version`);
  if (rows.length === 0)
    out.note(
      options.at
        ? `there was no such artifact at ${formatTime(options.at.getTime() / 1000)}`
        : 'there is no artifact to show',
    );
  return whole.code();
}

/** `reg history` */
export async function history(
  { out, open }: Session,
  target: string | undefined,
  options: HistoryOptions & { asc?: boolean; intervals?: boolean; pager: boolean },
): Promise<number> {
  const context = await open();
  const whole = wholeness();
  const wanted = { ...options, ascending: options.asc, onMissing: whole.onMissing };
  const print = async (table: Table): Promise<void> =>
    printPaged(await renderTable(table, out), out, context, options.pager);
  if (options.intervals) {
    const rows = await intervals(context, target, wanted);
    if (out.isData) out.data(rows);
    else await print(intervalTable(rows, out, await linksOf(out, context)));
    if (rows.length === 0 && whole.code() === 0 && !out.isData)
      out.note(`nothing was in a stage${asOf(options.at)}`);
    return whole.code();
  }
  const events = await journal(context, target, wanted);
  if (out.isData) {
    out.rows(events, historyRow);
    return whole.code();
  }
  const links = await linksOf(out, context);
  // columns of a terminal are as wide as the widest of all their cells
  for (const some of out.world.isTTY ? [events] : pieces(events))
    await print(historyTable(some.map(historyRow), out, links));
  if (events.length === 0 && whole.code() === 0) out.note(`there is no event to show${asOf(options.at)}`);
  return whole.code();
}

/** The end of a note about a past in which nothing was there. */
const asOf = (at: Date | undefined): string =>
  at === undefined ? '' : ` as of ${formatTime(at.getTime() / 1000)}`;

/** `reg stages`, and `reg stages rename OLD NEW` */
export async function stages(
  session: Session,
  action: 'rename' | undefined,
  from: string | undefined,
  to: string | undefined,
  options: queries.StagesOptions & WriteOptions,
): Promise<number> {
  const { out, open } = session;
  if (action !== undefined) {
    const { renameStage } = await import('./writing.js');
    await renameStage(session, from, to, options);
    return 0;
  }
  const whole = wholeness();
  const names = await queries.stages(await open(), { ...options, onMissing: whole.onMissing });
  await out.answer(names, () => names);
  if (names.length === 0 && whole.code() === 0 && !out.isData)
    out.note(
      options.allowed
        ? 'the configuration lists no stages, so any is allowed'
        : `no stage is in use${options.used ? '' : ' or configured'}${asOf(options.at)}`,
    );
  return whole.code();
}

/** Where tags and commits lead to on this terminal; undefined where nothing is to be a link. */
const linksOf = async ({ world }: Output, context: RegistryContext): Promise<WebPages | undefined> =>
  // a configuration that cannot be read is reported by the command, not by its links
  showsHyperlinks(world) && world.isTTY ? pagesOf(context).catch(() => undefined) : undefined;

/**
 * Prints a long text through the pager of the user, as git does (git-var(1), GIT_PAGER); what fits the terminal, and what goes
 * elsewhere, is printed as it is.
 */
async function printPaged(
  text: string,
  out: Output,
  context: RegistryContext,
  isWanted: boolean,
): Promise<void> {
  const { isTTY, lines, env, stdout } = out.world;
  if (!isWanted || !isTTY || text.split('\n').length <= lines) return out.print(text);
  const pager =
    env.GIT_PAGER ?? (await context.repository.largeFiles.setting('core.pager')) ?? env.PAGER ?? 'less';
  if (pager === '' || pager === 'cat') return out.print(text);
  const around = { LESS: 'FRX', LV: '-c', ...env };
  const child = spawn(pager, { shell: true, env: around, stdio: ['pipe', 'inherit', 'inherit'] });
  // a reader that has seen enough closes the pipe before the end
  child.stdin?.on('error', () => undefined).end(text);
  const [code] = await Promise.race([once(child, 'close'), once(child, 'error').then(() => [NOT_FOUND])]);
  if (code === NOT_FOUND) stdout.write(text);
}

/** The exit code of a shell that does not find a program. */
const NOT_FOUND = 127;
