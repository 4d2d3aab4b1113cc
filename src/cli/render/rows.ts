import type { WebPages } from '../../domain/web-pages.js';
import { HistoryRow, IntervalRow, VersionRow } from '../../registry/rows.js';
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

/** The versions of one artifact. */
export const versionTable = (rows: readonly VersionRow[], out: Output, pages?: WebPages): Table =>
  rowTable(VersionRow, rows, out, {
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
export const versionText = (version: string, { world }: Output): string =>
  world.isTTY && /^[0-9a-f]{40,64}$/.test(version) ? version.slice(0, 7) : version;

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
