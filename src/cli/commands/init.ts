import { init } from '../../registry/init.js';
import { commitHint } from '../commit-hint.js';
import type { Session } from '../session.js';

export async function run({ out, open, cwd }: Session, { stages }: { stages?: string[] }): Promise<void> {
  const context = await open();
  const { path } = await init(context, stages);
  if (out.json) out.data({ path });
  else out.line(path);
  out.hint(await commitHint(context, cwd, path, 'Configure the registry'));
}
