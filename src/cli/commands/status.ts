import { status } from '../../registry/status.js';
import { shellLine } from '../../shell.js';
import { renderTable } from '../render/table.js';
import type { Session } from '../session.js';

export async function run({ out, open, repo }: Session): Promise<number> {
  const context = await open();
  const found = await status(context);
  const rows = found.map(({ tag, state, local, remote }) => [state, tag, short(local), short(remote)]);
  if (out.json) out.data(found);
  else out.print(await renderTable({ head: ['state', 'tag', 'here', 'remote'], rows }, out));
  if (found.length === 0)
    out.note(`this repository and ${(await context.config()).remote} hold the same events`);
  else out.hint(shellLine('reg', ...(repo === '.' ? [] : ['--repo', repo]), 'sync'));
  return found.length === 0 ? 0 : 1;
}

const short = (oid: string | null): string => oid?.slice(0, 12) ?? '-';
