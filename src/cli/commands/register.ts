import { type RegisterOptions, register } from '../../registry/actions.js';
import { runWrite } from '../run-write.js';
import type { Session } from '../session.js';

export function run(
  session: Session,
  target: string,
  rev: string | undefined,
  options: RegisterOptions,
): Promise<void> {
  return runWrite(session, options, (context, asked) => register(context, target, { ...asked, rev }));
}
