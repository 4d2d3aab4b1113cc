import type { WebPages } from '../../domain/web-pages.js';
import type { HistoryRow, IntervalRow, VersionRow } from '../../registry/rows.js';
import type { Output } from '../output.js';
import { moment } from './moment.js';
import type { Cell, Table } from './table.js';

const NONE = '-';

/** The versions of one artifact. */
export const versionTable = (rows: readonly VersionRow[], out: Output, pages?: WebPages): Table => ({
  head: ['version', 'stages', 'registered', 'by', 'commit', 'message'],
  rows: rows.map((row) => [
    {
      text: versionText(row.version, out),
      href: pages?.tag(row.tag),
      paint: row.active ? undefined : out.color.dim,
    },
    stagesOf(row, out),
    moment(row.time, out.world),
    row.author,
    commitCell(row.commit, out, pages),
    subject(row.message),
  ]),
});

function stagesOf({ active, stages }: VersionRow, { color }: Output): Cell {
  if (!active) return { text: 'deregistered', paint: color.dim };
  return stages.length === 0 ? NONE : { text: stages.join(','), paint: color.green };
}

/** The journal. */
export const historyTable = (rows: readonly HistoryRow[], out: Output, pages?: WebPages): Table => ({
  head: ['time', 'artifact', 'event', 'version', 'stage', 'by', 'message'],
  rows: rows.map((row) => [
    moment(row.time, out.world),
    { text: row.artifact, paint: out.color.cyan },
    { text: row.event, href: pages?.tag(row.tag) },
    versionText(row.version ?? NONE, out),
    row.stage ?? NONE,
    row.author,
    subject(row.message),
  ]),
});

/** The stays of versions in stages. */
export const intervalTable = (rows: readonly IntervalRow[], out: Output, pages?: WebPages): Table => ({
  head: ['artifact', 'stage', 'version', 'from', 'until', 'by', 'ended by'],
  rows: rows.map((row) => [
    { text: row.artifact, paint: out.color.cyan },
    row.stage,
    { text: versionText(row.version, out), href: pages?.tag(row.tag) },
    moment(row.from, out.world),
    row.until === null ? NONE : moment(row.until, out.world),
    row.author,
    row.endAuthor ?? NONE,
  ]),
});

/** A version; on a terminal a commit id that stands for an unregistered one is as long as git shows it. */
export const versionText = (version: string, { world }: Output): string =>
  world.isTTY && /^[0-9a-f]{40,64}$/.test(version) ? version.slice(0, 7) : version;

const commitCell = (commit: string, { world }: Output, pages?: WebPages): Cell => ({
  text: world.isTTY ? commit.slice(0, 7) : commit,
  href: pages?.commit(commit),
});

function subject(message: string): string {
  const end = message.indexOf('\n');
  return end < 0 ? message : message.slice(0, end);
}
