import { text } from 'node:stream/consumers';
import { parseRefUpdates, preReceive } from '../../checks/hook.js';
import type { Session } from '../session.js';

export async function run({ out, open }: Session, _hook: 'pre-receive'): Promise<number> {
  const refusals = await preReceive(await open(), parseRefUpdates(await text(out.world.stdin)));
  if (out.json) out.data(refusals);
  else for (const { tag, message } of refusals) out.line(`reg: ${tag}: ${message}`);
  return refusals.length === 0 ? 0 : 1;
}
