import { status } from '../../registry/sync.js';
import { differingHint } from '../differing-hint.js';
import { renderTable } from '../render/table.js';
import type { Session } from '../session.js';

export async function run({ out, open, repo, inPlace }: Session): Promise<number> {
  const context = await open();
  const found = await status(context);
  const { remote: name } = await context.config();
  const rows = found.map(({ tag, state, local, remote }) => [state, tag, short(local), short(remote)]);
  if (out.json) out.data(found);
  else out.print(await renderTable({ head: ['state', 'tag', 'here', 'remote'], rows }, out));
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
