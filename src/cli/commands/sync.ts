import { type SyncRow, sync } from '../../registry/sync.js';
import type { Session } from '../session.js';

export async function run({ out, open }: Session): Promise<number> {
  const context = await open();
  const onRow = ({ action, tag }: SyncRow): void => out.print(`${action}\t${tag}\n`);
  const rows = await sync(context, { onRow: out.json ? undefined : onRow });
  if (out.json) out.data(rows);
  if (rows.length === 0)
    out.note(`this repository and ${(await context.config()).remote} hold the same events`);
  if (rows.every(({ action }) => action !== 'differs')) return 0;
  out.note('tags that differ were left alone: somebody has to decide which one is right');
  out.hint('reg doctor');
  return 1;
}
