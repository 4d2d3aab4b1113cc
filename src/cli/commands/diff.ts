import { type DiffOptions, diff } from '../../registry/diff.js';
import type { Difference } from '../../registry/rows.js';
import { renderDiff } from '../render/diff.js';
import type { Session } from '../session.js';

interface Options extends DiffOptions {
  exitCode?: boolean;
}

export async function run(
  { out, open }: Session,
  from: string,
  to: string | undefined,
  options: Options,
): Promise<number> {
  const found = await diff(await open(), from, to, options);
  if (out.json) out.data(found);
  else out.print(await renderDiff(found, out));
  if (found.same) out.note(sameNote(found));
  for (const [name, log] of Object.entries(found.log))
    if (log?.problem) out.note(`the commits of the ${name} are not shown: ${log.problem}`);
  return options.exitCode && !found.same ? 1 : 0;
}

/** The commits that are listed do not contradict it: they change nothing that is said of the model. */
function sameNote({ from, to, log: { registry } }: Difference): string {
  const both = `${from.target} and ${to.target}`;
  const count = registry === null ? 0 : registry.added.length + registry.removed.length;
  if (count === 0) return `${both} do not differ`;
  const number = registry?.more ? `more than ${count}` : count;
  return `${both} say the same; ${number} commit${count === 1 ? '' : 's'} of the registry between`;
}
