import { importMlem } from '../../exchange/mlem.js';
import type { Session } from '../session.js';

export async function run(
  { out, open, inPlace }: Session,
  _format: 'mlem',
  { force }: { force?: boolean },
): Promise<void> {
  const rows = await importMlem(await open(), force);
  if (out.json) return out.data(rows);
  for (const { from, path, lost } of rows) {
    if (path !== null) out.line(path);
    for (const sentence of lost) out.note(`${from}: ${sentence}`);
  }
  if (rows.length === 0) out.note('there is no .mlem file in this work tree');
  else out.hint(inPlace('reg validate'));
}
