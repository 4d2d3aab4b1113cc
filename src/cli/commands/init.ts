import { init } from '../../registry/init.js';
import type { Session } from '../session.js';

export async function run({ out, open }: Session, { stages }: { stages?: string[] }): Promise<void> {
  const { path } = await init(await open(), stages);
  if (out.json) out.data({ path });
  else out.line(path);
  out.hint(`git add ${path} && git commit -m 'Configure the registry'`);
}
