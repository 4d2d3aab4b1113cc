import { isRunner } from '../../util/runner.js';
import type { Output } from '../output.js';
import type { World } from '../world.js';
import { cleanCell } from './clean.js';

/** A cell of a table: text, and for a terminal how to paint it and where it leads. */
export type Cell =
  | string
  | { text: string; paint?: ((text: string) => string) | undefined; href?: string | undefined };

/** Rows of cells under headings. */
export interface Table {
  head: readonly string[];
  rows: readonly (readonly Cell[])[];
}

/**
 * A table as text: columns with a heading that fit the terminal, tab-separated lines without one for everything else. Where it
 * would be too wide the last column is cut first, then the widest one.
 */
export async function renderTable({ head, rows }: Table, { world, color }: Output): Promise<string> {
  if (!world.isTTY) return plainTable(rows);
  if (rows.length === 0) return '';
  const { default: measure } = await import('fast-string-truncated-width');
  // by graphemes, not by the package's own cut: its place of the cut is wrong outside Latin scripts
  const graphemes = (text: string): { segment: string; width: number }[] =>
    Array.from(segmenter.segment(text), ({ segment }) => ({ segment, width: measure(segment).width }));
  const widthOf = (text: string): number =>
    ASCII.test(text) ? text.length : graphemes(text).reduce((sum, { width }) => sum + width, 0);
  const cells = rows.map((row) => row.map((cell) => cleanCell(textOf(cell))));
  const widths = fitting(
    head.map((title, column) => Math.max(...[title, ...cells.map((row) => row[column] ?? '')].map(widthOf))),
    world.columns,
  );
  const cut = (text: string, column: number): string => {
    const limit = widths[column] ?? 0;
    if (widthOf(text) <= limit) return text;
    let left = limit - widthOf(ELLIPSIS);
    let kept = '';
    for (const { segment, width } of graphemes(text)) {
      left -= width;
      if (left < 0) break;
      kept += segment;
    }
    return kept + ELLIPSIS;
  };
  const line = (texts: readonly string[], style: (text: string, column: number) => string): string =>
    texts
      .map((text, column) => {
        const shown = cut(text, column);
        const isLast = column === texts.length - 1;
        return (
          style(shown, column) + (isLast ? '' : ' '.repeat((widths[column] ?? 0) - widthOf(shown) + GAP))
        );
      })
      .join('')
      .trimEnd();
  return [
    line(head, (text) => (text === '' ? '' : color.bold(text))),
    ...cells.map((texts, row) => line(texts, (text, column) => styled(rows[row]?.[column] ?? '', text))),
    '',
  ].join('\n');
}

/** Rows for everything but a terminal. */
const plainTable = (rows: Table['rows']): string =>
  rows.map((row) => `${row.map(painted).join('\t')}\n`).join('');

const segmenter = new Intl.Segmenter();
/** Texts whose width is their length, which most are. */
const ASCII = /^[\x20-\x7e]*$/;
const GAP = 2;
const ELLIPSIS = '…';
/** Narrower than this a column says nothing. */
const LEAST = 8;

/** Widths of columns that together fit, as far as they can: the last one gives way first. */
function fitting(natural: readonly number[], columns: number): number[] {
  const widths = [...natural];
  const excess = (): number => widths.reduce((sum, width) => sum + width + GAP, -GAP) - columns;
  const shrink = (column: number): void => {
    const width = widths[column] ?? 0;
    widths[column] = Math.max(Math.min(width, LEAST), width - excess());
  };
  if (excess() > 0) shrink(widths.length - 1);
  for (const _ of natural) if (excess() > 0) shrink(widths.indexOf(Math.max(...widths)));
  return widths;
}

const textOf = (cell: Cell): string => (typeof cell === 'string' ? cell : cell.text);

// painted after cleaning, which would take the colours for something that came from the repository
const painted = (cell: Cell): string => {
  const text = cleanCell(textOf(cell));
  return typeof cell === 'string' || cell.paint === undefined ? text : cell.paint(text);
};

function styled(cell: Cell, text: string): string {
  if (typeof cell === 'string') return text;
  const coloured = cell.paint === undefined ? text : cell.paint(text);
  return cell.href === undefined ? coloured : hyperlink(coloured, cell.href);
}

/** Text that leads to a page when it is clicked on: OSC 8, ended by ST (egmontkob's "Hyperlinks in terminal emulators"). */
const hyperlink = (text: string, url: string): string =>
  `\u001b]8;;${url.replaceAll(/[^\x21-\x7e]/g, encodeURIComponent)}\u001b\\${text}\u001b]8;;\u001b\\`;

const TERMINALS = /^(iTerm\.app|WezTerm|vscode|ghostty|Hyper|Tabby|rio|zed)$/;

/** Whether a terminal is known to show links; others would show the address, or nonsense. FORCE_HYPERLINK decides. */
export function showsHyperlinks({ env, isTTY }: Pick<World, 'env' | 'isTTY'>): boolean {
  const { FORCE_HYPERLINK: forced, TERM = '', TERM_PROGRAM = '' } = env;
  if (forced !== undefined && forced !== '') return forced !== '0';
  if (!isTTY || TERM === 'dumb' || isRunner(env) || env.TMUX || /^screen/.test(TERM)) return false;
  return (
    TERMINALS.test(TERM_PROGRAM) ||
    Number(env.VTE_VERSION ?? 0) >= 5000 ||
    /kitty|alacritty|foot|ghostty/.test(TERM) ||
    ['WT_SESSION', 'KONSOLE_VERSION', 'DOMTERM'].some((name) => env[name])
  );
}
