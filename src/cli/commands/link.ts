import { type LinkOptions, link } from '../../registry/link.js';
import { commitHint } from '../commit-hint.js';
import { floatingWarnings } from '../floating-warning.js';
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
  if (row.sha256 === null)
    out.note(
      'warning: the link is not pinned, and reg validate will say so: link it again with --rev and --force',
    );
  else for (const warning of await floatingWarnings(context, [artifact])) out.note(warning);
  out.hint(await commitHint(context, cwd, row.path, `Link ${artifact}`));
}
