import { deregister, type WithdrawOptions } from '../../registry/actions.js';
import { runWrite } from '../run-write.js';
import type { Session } from '../session.js';

export function run(session: Session, target: string, options: WithdrawOptions): Promise<void> {
  return runWrite(session, options, (context, asked) => deregister(context, target, asked));
}
