import { join, relative } from 'node:path';
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
  const context = await open();
  const row = await link(context, path, artifact, { ...options, labels: options.label, from: cwd });
  if (out.json) out.data(row);
  else out.line(row.path);
  if (row.commit === null)
    out.note(
      'warning: the link is not pinned, and reg validate will say so: link it again with --rev and --force',
    );
  const root = (await context.workTree())?.root ?? cwd;
  const isInside = !relative(root, cwd).startsWith('..');
  const git = ['git', ...(isInside ? [] : ['-C', root])];
  const add = shellLine(...git, 'add', isInside ? relative(cwd, join(root, row.path)) : row.path);
  out.hint(`${add} && ${shellLine(...git, 'commit', '-m', `Link ${artifact}`)}`);
}
