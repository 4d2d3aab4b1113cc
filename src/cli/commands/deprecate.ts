import { deprecate, type WithdrawOptions } from '../../registry/actions.js';
import { runWrite } from '../run-write.js';
import type { Session } from '../session.js';

export function run(session: Session, artifact: string, options: WithdrawOptions): Promise<void> {
  return runWrite(session, options, (context, asked) => deprecate(context, artifact, asked));
}
