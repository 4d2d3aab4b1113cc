import { history, intervals } from '../../registry/history.js';
import { linksOf } from '../links.js';
import { printPaged } from '../pager.js';
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
  const tableOf = async (): Promise<Table | undefined> => {
    if (options.intervals) {
      const rows = await intervals(context, target, wanted);
      return out.json ? void out.data(rows) : intervalTable(rows, out, await linksOf(out, context));
    }
    const rows = await history(context, target, wanted);
    return out.json ? void out.data(rows) : historyTable(rows, out, await linksOf(out, context));
  };
  const table = await tableOf();
  if (table !== undefined) await printPaged(await renderTable(table, out), out, context, options.pager);
}
