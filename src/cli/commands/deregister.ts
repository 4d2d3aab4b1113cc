import { deregister, type WithdrawOptions } from '../../registry/withdraws.js';
import { asking } from '../ask.js';
import { printWritten } from '../render/written.js';
import type { Session } from '../session.js';

export async function run(session: Session, target: string, options: WithdrawOptions): Promise<void> {
  const context = await session.open();
  await printWritten(session, context, await deregister(context, target, asking(session, options)), options);
}
