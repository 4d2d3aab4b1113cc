import { VerifiedRow } from '../../registry/rows.js';
import { type VerifyOptions, verify } from '../../registry/verify.js';
import { rowTable } from '../render/rows.js';
import { renderTable } from '../render/table.js';
import type { Session } from '../session.js';

export async function run(
  { out, open }: Session,
  target: string | undefined,
  options: VerifyOptions,
): Promise<number> {
  const found = await verify(await open(), target, options);
  const broken = found.filter(({ problem }) => problem !== null);
  if (out.json) out.data(found);
  else out.print(await renderTable(rowTable(VerifiedRow, found, out), out));
  if (broken.length === 0)
    out.note(`nothing is broken in ${found.length} event${found.length === 1 ? '' : 's'}`);
  return broken.length === 0 ? 0 : 1;
}
