import type { RegistryContext } from '../../registry/context.js';
import type { Written } from '../../registry/write.js';
import type { WriteOptions } from '../../registry/write-options.js';
import { shellLine } from '../../shell.js';
import type { Session } from '../session.js';

/** Prints the tags that a write made, or would make, and the push that is left to do (SPEC §5). */
export async function printWritten(
  { out, repo }: Session,
  context: RegistryContext,
  { rows, note }: Written,
  { dryRun, delete: isDeleting }: WriteOptions & { delete?: boolean | undefined },
): Promise<void> {
  if (out.json) out.data(rows);
  else for (const row of rows) out.line(row.tag);
  if (note !== undefined) out.note(note);
  if (rows.length === 0 || rows.every((row) => row.pushed)) return;
  if (dryRun) return out.note('nothing was written: this is a dry run');
  const { remote } = await context.config();
  const words = [
    'git',
    ...(repo === '.' ? [] : ['-C', repo]),
    'push',
    ...(isDeleting ? ['--delete'] : []),
    remote,
    ...rows.map((row) => `refs/tags/${row.tag}`),
  ];
  out.hint(shellLine(...words));
}
