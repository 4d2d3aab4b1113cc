import { type UpdateOptions, update } from '../../registry/update.js';
import { commitHint } from '../commit-hint.js';
import { floatingWarnings } from '../floating-warning.js';
import type { Session } from '../session.js';

export async function run(
  { out, open, cwd }: Session,
  artifacts: string[],
  options: UpdateOptions,
): Promise<void> {
  const context = await open();
  const rows = await update(context, artifacts, options);
  const changed = rows.filter((row) => row.changed);
  if (out.json) out.data(rows);
  else for (const { path } of changed) out.line(path);
  const names = changed.map(({ artifact }) => artifact);
  for (const warning of await floatingWarnings(context, names)) out.note(warning);
  const [first] = changed;
  if (first === undefined)
    out.note(rows.length === 0 ? 'there is no link file' : 'every link is pinned to that already');
  else if (changed.length === 1)
    out.hint(await commitHint(context, cwd, first.path, `Update ${first.artifact}`));
  else out.hint("git commit -am 'Update links'");
}
