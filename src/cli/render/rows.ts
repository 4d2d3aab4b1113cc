import type { HistoryRow, OverviewRow, VersionRow } from '../../registry/rows.js';
import type { Output } from '../output.js';
import type { Cell, Table } from './table.js';

const NONE = '-';

/** The overview: on a terminal one column a stage, in order of promotion; in a pipe the stages as one field. */
export function overviewTable(
  rows: readonly OverviewRow[],
  order: readonly string[],
  { world, color }: Output,
): Table {
  const latest = (row: OverviewRow): string => row.latest ?? NONE;
  if (!world.isTTY) {
    const stages = (row: OverviewRow): string =>
      Object.entries(row.stages)
        .map((pair) => pair.join('='))
        .join(',');
    return { head: [], rows: rows.map((row) => [row.artifact, latest(row), stages(row) || NONE]) };
  }
  const used = new Set(rows.flatMap((row) => Object.keys(row.stages)));
  const columns = [...order, ...[...used].filter((stage) => !order.includes(stage)).sort()];
  const name = (row: OverviewRow): Cell =>
    row.deprecated
      ? { text: `${row.artifact} (deprecated)`, paint: color.dim }
      : { text: row.artifact, paint: color.cyan };
  return {
    head: ['artifact', 'latest', ...columns],
    rows: rows.map((row) => [
      name(row),
      latest(row),
      ...columns.map((stage) => shortVersion((row.stages as Record<string, string>)[stage] ?? NONE)),
    ]),
  };
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

/** A commit id that stands for an unregistered version is as long as git shows it. */
const shortVersion = (version: string): string =>
  /^[0-9a-f]{40,64}$/.test(version) ? version.slice(0, 7) : version;

const subject = (message: string): string => message.split('\n', 1)[0] ?? '';
