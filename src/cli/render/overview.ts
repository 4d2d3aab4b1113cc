import { compareVersions, parseVersion } from '../../domain/version.js';
import type { WebPages } from '../../domain/web-pages.js';
import type { OverviewRow } from '../../registry/rows.js';
import type { Output } from '../output.js';
import { versionText } from './rows.js';
import type { Cell, Table } from './table.js';

const NONE = '-';

/**
 * The overview: on a terminal one column a stage, in order of promotion, with a mark at each version that is behind the latest;
 * in a pipe artifact, latest, the stages as one field, and whether the artifact is `active`, `deprecated` or only `declared`.
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
  const latest = ({ artifact, latest: version }: OverviewRow): Cell =>
    version === null ? NONE : { text: version, href: pages?.tag(`${artifact.replace(':', '=')}@${version}`) };
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

/** Marks a version that is behind. It is a sign because not everyone can see colours. */
export const BEHIND = '↓';

function stageCell(row: OverviewRow, stage: string, out: Output): Cell {
  const ids = held(row, stage);
  if (ids.length === 0) return { text: NONE, paint: out.color.dim };
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
export function plainRow(row: OverviewRow): string[] {
  const stages = Object.entries(row.stages).map(([stage, ids]) =>
    typeof ids === 'string' ? `${stage}=${ids}` : ids.map((id) => `${stage}=${id}`).join(','),
  );
  return [row.artifact, row.latest ?? NONE, stages.join(',') || NONE, standing(row)];
}

const held = (row: OverviewRow, stage: string): string[] =>
  [(row.stages as Record<string, string | string[] | undefined>)[stage] ?? []].flat();

function standing({ registered, deprecated }: OverviewRow): string {
  if (!registered) return 'declared';
  return deprecated ? 'deprecated' : 'active';
}
