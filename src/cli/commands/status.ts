import { StatusRow } from '../../registry/rows.js';
import { status } from '../../registry/status.js';
import { differingHint } from '../differing-hint.js';
import { rowTable } from '../render/rows.js';
import { renderTable } from '../render/table.js';
import type { Session } from '../session.js';

export async function run({ out, open, repo, inPlace }: Session): Promise<number> {
  const context = await open();
  const found = await status(context);
  const { remote: name } = await context.config();
  if (out.json) out.data(found);
  else out.print(await renderTable(rowTable(StatusRow, found, out, SHORT), out));
  const [first] = found;
  if (first === undefined) {
    out.note(`this repository and ${name} hold the same events`);
    return 0;
  }
  if (found.every(({ state }) => state === 'differs')) out.hint(differingHint({ repo }, name, first.tag));
  else out.hint(inPlace('reg sync'));
  return 1;
}

const short = (oid: string | null): string => oid?.slice(0, 12) ?? '-';
const SHORT = {
  local: ({ local }: StatusRow) => short(local),
  remote: ({ remote }: StatusRow) => short(remote),
};
