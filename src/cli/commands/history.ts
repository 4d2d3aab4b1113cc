import { history, intervals } from '../../registry/history.js';
import { historyTable, intervalTable } from '../render/rows.js';
import { renderTable } from '../render/table.js';
import type { Session } from '../session.js';

interface Options {
  at?: Date;
  stage?: string;
  since?: Date;
  until?: Date;
  asc?: boolean;
  limit?: number;
  intervals?: boolean;
}

export async function run(
  { out, open }: Session,
  target: string | undefined,
  options: Options,
): Promise<void> {
  const wanted = { ...options, ascending: options.asc };
  if (options.intervals) {
    const rows = await intervals(await open(), target, wanted);
    return out.json ? out.data(rows) : out.print(await renderTable(intervalTable(rows, out), out));
  }
  const rows = await history(await open(), target, wanted);
  if (out.json) out.data(rows);
  else out.print(await renderTable(historyTable(rows, out), out));
}
