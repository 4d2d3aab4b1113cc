import { type DiffOptions, diff } from '../../registry/diff.js';
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
  if (found.same) out.note(`${found.from.target} and ${found.to.target} do not differ`);
  for (const [name, log] of Object.entries(found.log))
    if (log?.problem) out.note(`the commits of the ${name} are not shown: ${log.problem}`);
  return options.exitCode && !found.same ? 1 : 0;
}
