import { type LinkOptions, link } from '../../registry/link.js';
import { shellLine } from '../../shell.js';
import type { Session } from '../session.js';

type Options = Omit<LinkOptions, 'from' | 'labels'> & { label: Record<string, string> };

export async function run(
  { out, open, cwd }: Session,
  path: string,
  artifact: string,
  options: Options,
): Promise<void> {
  const row = await link(await open(), path, artifact, { ...options, labels: options.label, from: cwd });
  if (out.json) out.data(row);
  else out.line(row.path);
  if (row.commit === null)
    out.note('warning: the link is not pinned: without --rev it follows the default branch');
  out.hint(`${shellLine('git', 'add', row.path)} && ${shellLine('git', 'commit', '-m', `Link ${artifact}`)}`);
}
