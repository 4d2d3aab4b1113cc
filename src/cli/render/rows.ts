import { compareVersions, parseVersion } from '../../domain/version.js';
import type { WebPages } from '../../domain/web-pages.js';
import {
  HistoryRow,
  IntervalRow,
  type OverviewRow,
  ShownVersion,
  type StageApprovals,
  type StageRow,
  VersionRow,
} from '../../registry/rows.js';
import type { Field, Fields, Row, RowOf } from '../../util/row.js';
import type { Output } from '../output.js';
import type { World } from '../world.js';
import type { Cell, Table } from './table.js';

const NONE = '-';

/**
 * Rows as a table with the columns of their definition.
 * @param cells what a column shows, where that is not its value alone
 */
export function rowTable<F extends Fields>(
  { fields, columns }: Row<F>,
  rows: readonly RowOf<F>[],
  out: Output,
  cells: { readonly [Name in keyof F]?: (row: RowOf<F>) => Cell } = {},
): Table {
  const names = Object.keys(columns) as (keyof F & string)[];
  const shown = names.map((name): ((row: RowOf<F>) => Cell) => {
    const field = fields[name] as Field;
    return cells[name] ?? ((row) => cellOf(field, row[name], out));
  });
  return {
    head: names.map((name) => columns[name] ?? name),
    rows: rows.map((row) => shown.map((cell) => cell(row))),
  };
}

/** A value by its kind. */
function cellOf({ kind }: Field, value: unknown, out: Output): string {
  if (value === null) return NONE;
  const text = String(value);
  switch (kind) {
    case 'time':
      return moment(text, out.world);
    case 'version':
      return versionText(text, out);
    case 'lines':
      return text.split('\n', 1)[0] ?? '';
    default:
      return text;
  }
}

/** What artifacts have in a stage. */
export const stageTable = (rows: readonly StageRow[], out: Output): Table => ({
  head: ['artifact', 'version'],
  rows: rows.map(({ artifact, version }) => [
    { text: artifact, paint: out.color.cyan },
    versionText(version, out),
  ]),
});

/** The versions of one artifact, or of several, each row with its artifact. */
export function versionTable(
  rows: readonly ShownVersion[],
  out: Output,
  isOfSeveral: boolean,
  pages?: WebPages,
): Table {
  const table = ofVersions(rows, out, pages);
  if (!isOfSeveral) return table;
  return {
    head: ['artifact', ...table.head],
    rows: table.rows.map((cells, index) => [
      { text: rows[index]?.artifact ?? '', paint: out.color.cyan },
      ...cells,
    ]),
  };
}

const ofVersions = (rows: readonly ShownVersion[], out: Output, pages?: WebPages): Table =>
  rowTable(rows.some(({ approvals }) => approvals.length > 0) ? ShownVersion : WITHOUT_APPROVALS, rows, out, {
    approvals: ({ approvals }) => approvals.map(shownApprovals).join(' ') || NONE,
    version: ({ version, tag, active }) => ({
      text: versionText(version, out),
      href: pages?.tag(tag),
      paint: active ? undefined : out.color.dim,
    }),
    stages: ({ active, stages }) => {
      if (!active) return { text: 'deregistered', paint: out.color.dim };
      return stages.length === 0 ? NONE : { text: stages.join(','), paint: out.color.green };
    },
    commit: ({ commit }) => ({
      text: out.world.isTTY ? commit.slice(0, 7) : commit,
      href: pages?.commit(commit),
    }),
  });

/** Most registries ask for no approvals. */
const WITHOUT_APPROVALS = { ...ShownVersion, columns: VersionRow.columns };

/** Approvals for a stage: `prod:1/2`; only how many there are where none is asked for. */
const shownApprovals = ({ stage, wanted, by }: StageApprovals[number]): string =>
  `${stage}:${wanted === 0 ? by.length : `${by.length}/${wanted}`}`;

/** The journal. */
export const historyTable = (rows: readonly HistoryRow[], out: Output, pages?: WebPages): Table =>
  rowTable(HistoryRow, rows, out, {
    artifact: ({ artifact }) => ({ text: artifact, paint: out.color.cyan }),
    event: ({ event, tag }) => ({ text: event, href: pages?.tag(tag) }),
  });

/** The intervals of versions in stages. */
export const intervalTable = (rows: readonly IntervalRow[], out: Output, pages?: WebPages): Table =>
  rowTable(IntervalRow, rows, out, {
    artifact: ({ artifact }) => ({ text: artifact, paint: out.color.cyan }),
    version: ({ version, tag }) => ({ text: versionText(version, out), href: pages?.tag(tag) }),
  });

/** A version; on a terminal a commit id that stands for an unregistered one is as long as git shows it. */
const versionText = (version: string, { world }: Output): string =>
  world.isTTY && /^[0-9a-f]{40,64}$/.test(version) ? version.slice(0, 7) : version;

/**
 * The overview: on a terminal one column a stage, in order of promotion, with a mark at each version that is behind the latest;
 * in a pipe artifact, latest, the stages as one field, and whether the artifact is `active`, `deprecated` or only `declared`; `damaged`
 * or `partial` where nothing is known for sure, with `?` in the place of versions.
 */
export function overviewTable(
  rows: readonly OverviewRow[],
  order: readonly string[],
  out: Output,
  pages?: WebPages,
): Table {
  if (!out.world.isTTY) return { head: [], rows: rows.map(plainRow) };
  const used = new Set(rows.flatMap((row) => Object.keys(row.stages)));
  const columns = [...order, ...[...used].filter((stage) => !order.includes(stage)).sort()];
  const latest = (row: OverviewRow): Cell =>
    row.latest === null
      ? noVersion(row)
      : { text: row.latest, href: pages?.tag(`${row.artifact.replace(':', '=')}@${row.latest}`) };
  return {
    head: ['artifact', 'latest', ...columns],
    rows: rows.map((row) => [
      nameCell(row, out),
      latest(row),
      ...columns.map((stage) => stageCell(row, stage, out)),
    ]),
  };
}

/** Whether anything in an overview is behind its latest version. */
export const hasBehind = (rows: readonly OverviewRow[]): boolean =>
  rows.some((row) =>
    Object.keys(row.stages).some((stage) => held(row, stage).some((id) => isBehind(id, row))),
  );

/** Marks a version that is behind. It is a sign, because not every reader sees colours. */
export const BEHIND = '↓';

function stageCell(row: OverviewRow, stage: string, out: Output): Cell {
  const ids = held(row, stage);
  if (ids.length === 0) return { text: noVersion(row), paint: out.color.dim };
  const behind = ids.some((id) => isBehind(id, row));
  const text = ids.map((id) => `${versionText(id, out)}${isBehind(id, row) ? ` ${BEHIND}` : ''}`).join(' ');
  return { text, paint: behind ? out.color.yellow : out.color.green };
}

function isBehind(id: string, { latest }: OverviewRow): boolean {
  const [version, greatest] = [parseVersion(id), latest === null ? undefined : parseVersion(latest)];
  return version !== undefined && greatest !== undefined && compareVersions(version, greatest) < 0;
}

function nameCell(row: OverviewRow, { color }: Output): Cell {
  const how = standing(row);
  return how === 'active'
    ? { text: row.artifact, paint: color.cyan }
    : { text: `${row.artifact} (${how})`, paint: color.dim };
}

/** A row for everything but a terminal. */
function plainRow(row: OverviewRow): string[] {
  const stages = Object.entries(row.stages).map(([stage, ids]) =>
    typeof ids === 'string' ? `${stage}=${ids}` : ids.map((id) => `${stage}=${id}`).join(','),
  );
  return [row.artifact, row.latest ?? noVersion(row), stages.join(',') || noVersion(row), standing(row)];
}

/** What a row shows in the place of a version that it does not have, or that is not known. */
const noVersion = ({ problem }: OverviewRow): string => (problem === null ? NONE : '?');

const held = (row: OverviewRow, stage: string): string[] =>
  [(row.stages as Record<string, string | string[] | undefined>)[stage] ?? []].flat();

function standing({ registered, deprecated, problem }: OverviewRow): string {
  if (problem !== null) return problem === 'DAMAGED' ? 'damaged' : 'partial';
  if (!registered) return 'declared';
  return deprecated ? 'deprecated' : 'active';
}

const UNITS: readonly [Intl.RelativeTimeFormatUnit, seconds: number][] = [
  ['year', 365.25 * 86_400],
  ['month', 30.44 * 86_400],
  ['week', 7 * 86_400],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
];

/** A time as people say it on a terminal, `3 days ago`; ISO 8601 for everything else. */
export function moment(iso: string, { isTTY, now }: Pick<World, 'isTTY' | 'now'>): string {
  if (!isTTY) return iso;
  const seconds = (Date.parse(iso) - now()) / 1000;
  if (Number.isNaN(seconds)) return iso;
  const [unit, length] = UNITS.find(([, least]) => Math.abs(seconds) >= least) ?? ['second', 1];
  if (unit === 'second') return 'just now';
  return new Intl.RelativeTimeFormat('en').format(Math.trunc(seconds / length), unit);
}
