import type { SyncRow } from '../../registry/rows.js';
import { sync } from '../../registry/sync.js';
import { differingHint } from '../differing-hint.js';
import type { Session } from '../session.js';

export async function run({ out, open, repo }: Session): Promise<number> {
  const context = await open();
  const onRow = ({ action, tag }: SyncRow): void => out.print(`${action}\t${tag}\n`);
  const rows = await sync(context, { onRow: out.json ? undefined : onRow });
  if (out.json) out.data(rows);
  const { remote } = await context.config();
  if (rows.length === 0) out.note(`this repository and ${remote} hold the same events`);
  const differing = rows.find(({ action }) => action === 'differs');
  if (differing === undefined) return 0;
  out.note('tags that differ were left alone: somebody has to decide which one is right');
  out.hint(differingHint({ repo }, remote, differing.tag));
  return 1;
}
