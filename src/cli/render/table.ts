import type { Output } from '../output.js';
import { cleanCell } from './clean.js';

/** A cell of a table: text, and for a terminal how to paint it. */
export type Cell = string | { text: string; paint: (text: string) => string };

/** Rows of cells under headings. */
export interface Table {
  head: readonly string[];
  rows: readonly (readonly Cell[])[];
}

/** A table as text: columns with a heading for a terminal, tab-separated lines without one for everything else. */
export async function renderTable({ head, rows }: Table, { world, color }: Output): Promise<string> {
  if (!world.isTTY)
    return rows.map((row) => `${row.map((cell) => cleanCell(textOf(cell))).join('\t')}\n`).join('');
  if (rows.length === 0) return '';
  const { default: CliTable } = await import('cli-table3');
  const table = new CliTable({
    head: head.map((title) => color.bold(title)),
    chars: NO_LINES,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2, compact: true },
  });
  table.push(...rows.map((row) => row.map(painted)));
  return `${table.toString().replaceAll(/[ \t]+$/gm, '')}\n`;
}

const textOf = (cell: Cell): string => (typeof cell === 'string' ? cell : cell.text);
// painted after cleaning, which would take the colours for something that came from the repository
const painted = (cell: Cell): string =>
  typeof cell === 'string' ? cleanCell(cell) : cell.paint(cleanCell(cell.text));

const SIDES = [
  'top',
  'top-mid',
  'top-left',
  'top-right',
  'bottom',
  'bottom-mid',
  'bottom-left',
  'bottom-right',
];
const INNER = ['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle'];
const NO_LINES = Object.fromEntries([...SIDES, ...INNER].map((name) => [name, '']));
