import { history } from '../../registry/queries.js';
import { historyTable } from '../render/rows.js';
import { renderTable } from '../render/table.js';
import type { Session } from '../session.js';

interface Options {
  at?: Date;
  stage?: string;
  since?: Date;
  until?: Date;
  asc?: boolean;
  limit?: number;
}

export async function run(
  { out, open }: Session,
  artifact: string | undefined,
  options: Options,
): Promise<void> {
  const rows = await history(await open(), artifact, { ...options, ascending: options.asc });
  if (out.json) out.data(rows);
  else out.print(await renderTable(historyTable(rows, out), out));
}
