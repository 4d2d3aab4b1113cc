import { tagRef } from '../../domain/refs.js';
import { type ApproveOptions, approve } from '../../registry/approve.js';
import { shellLine } from '../../util/shell.js';
import type { Session } from '../session.js';

export async function run(
  { out, open, repo }: Session,
  target: string,
  stage: string,
  options: ApproveOptions,
): Promise<void> {
  const context = await open();
  const { row, note } = await approve(context, target, stage, options);
  if (out.json) out.data([row]);
  else out.line(row.tag);
  if (note !== undefined) out.note(note);
  if (options.dryRun) return out.note('nothing was written: this is a dry run');
  if (row.pushed) return;
  const { remote } = await context.config();
  out.hint(shellLine('git', ...(repo === '.' ? [] : ['-C', repo]), 'push', remote, tagRef(row.tag)));
}
