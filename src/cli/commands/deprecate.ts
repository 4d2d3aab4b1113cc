import { deprecate, type WithdrawOptions } from '../../registry/withdraws.js';
import { asking } from '../ask.js';
import { printWritten } from '../render/written.js';
import type { Session } from '../session.js';

export async function run(session: Session, artifact: string, options: WithdrawOptions): Promise<void> {
  const context = await session.open();
  await printWritten(session, context, await deprecate(context, artifact, asking(session, options)), options);
}
