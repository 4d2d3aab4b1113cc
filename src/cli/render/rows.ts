import type { HistoryRow, IntervalRow, OverviewRow, VersionRow } from '../../registry/rows.js';
import type { Output } from '../output.js';
import type { Cell, Table } from './table.js';

const NONE = '-';

/**
 * The overview: on a terminal one column a stage, in order of promotion; in a pipe artifact, latest, the stages as one
 * field, and whether the artifact is `active`, `deprecated` or only `declared`.
 */
export function overviewTable(
  rows: readonly OverviewRow[],
  order: readonly string[],
  { world, color }: Output,
): Table {
  const at = (row: OverviewRow, stage: string): string => ids(row, stage).join(' ') || NONE;
  if (!world.isTTY) {
    const stages = (row: OverviewRow): string =>
      Object.keys(row.stages)
        .flatMap((stage) => ids(row, stage).map((id) => `${stage}=${id}`))
        .join(',');
    return {
      head: [],
      rows: rows.map((row) => [row.artifact, row.latest ?? NONE, stages(row) || NONE, standing(row)]),
    };
  }
  const used = new Set(rows.flatMap((row) => Object.keys(row.stages)));
  const columns = [...order, ...[...used].filter((stage) => !order.includes(stage)).sort()];
  const name = (row: OverviewRow): Cell =>
    standing(row) === 'active'
      ? { text: row.artifact, paint: color.cyan }
      : { text: `${row.artifact} (${standing(row)})`, paint: color.dim };
  return {
    head: ['artifact', 'latest', ...columns],
    rows: rows.map((row) => [name(row), row.latest ?? NONE, ...columns.map((stage) => at(row, stage))]),
  };

  function ids(row: OverviewRow, stage: string): string[] {
    const held = (row.stages as Record<string, string | string[] | undefined>)[stage] ?? [];
    return [held].flat().map((id) => (world.isTTY ? shortVersion(id) : id));
  }
}

function standing({ registered, deprecated }: OverviewRow): string {
  if (!registered) return 'declared';
  return deprecated ? 'deprecated' : 'active';
}

/** The versions of one artifact. */
export const versionTable = (rows: readonly VersionRow[], { world }: Output): Table => ({
  head: ['version', 'stages', 'registered', 'by', 'commit', 'message'],
  rows: rows.map((row) => [
    world.isTTY ? shortVersion(row.version) : row.version,
    row.active ? row.stages.join(',') || NONE : 'deregistered',
    row.time,
    row.author,
    world.isTTY ? row.commit.slice(0, 7) : row.commit,
    subject(row.message),
  ]),
});

/** The journal. */
export const historyTable = (rows: readonly HistoryRow[], { world }: Output): Table => ({
  head: ['time', 'artifact', 'event', 'version', 'stage', 'by', 'message'],
  rows: rows.map((row) => [
    row.time,
    row.artifact,
    row.event,
    world.isTTY ? shortVersion(row.version ?? NONE) : (row.version ?? NONE),
    row.stage ?? NONE,
    row.author,
    subject(row.message),
  ]),
});

/** The stays of versions in stages. */
export const intervalTable = (rows: readonly IntervalRow[], { world }: Output): Table => ({
  head: ['artifact', 'stage', 'version', 'from', 'until', 'by', 'ended by'],
  rows: rows.map((row) => [
    row.artifact,
    row.stage,
    world.isTTY ? shortVersion(row.version) : row.version,
    row.from,
    row.until ?? NONE,
    row.author,
    row.endAuthor ?? NONE,
  ]),
});

/** A commit id that stands for an unregistered version is as long as git shows it. */
const shortVersion = (version: string): string =>
  /^[0-9a-f]{40,64}$/.test(version) ? version.slice(0, 7) : version;

const subject = (message: string): string => message.split('\n', 1)[0] ?? '';
