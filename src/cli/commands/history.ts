import { intervals, journal } from '../../registry/history.js';
import { historyRow } from '../../registry/make-rows.js';
import { linksOf } from '../links.js';
import { printPaged } from '../pager.js';
import { pieces } from '../pieces.js';
import { historyTable, intervalTable } from '../render/rows.js';
import { renderTable, type Table } from '../render/table.js';
import type { Session } from '../session.js';

interface Options {
  at?: Date;
  stage?: string;
  since?: Date;
  until?: Date;
  asc?: boolean;
  limit?: number;
  intervals?: boolean;
  pager: boolean;
}

export async function run(
  { out, open }: Session,
  target: string | undefined,
  options: Options,
): Promise<void> {
  const context = await open();
  const wanted = { ...options, ascending: options.asc };
  const show = async (table: Table): Promise<void> =>
    printPaged(await renderTable(table, out), out, context, options.pager);
  if (options.intervals) {
    const rows = await intervals(context, target, wanted);
    return out.json ? out.data(rows) : show(intervalTable(rows, out, await linksOf(out, context)));
  }
  const events = await journal(context, target, wanted);
  if (out.json) return out.rows(events, historyRow);
  const links = await linksOf(out, context);
  // columns of a terminal are as wide as the widest of all their cells
  for (const some of out.world.isTTY ? [events] : pieces(events))
    await show(historyTable(some.map(historyRow), out, links));
}
