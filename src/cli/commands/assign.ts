import { type AssignOptions, assign } from '../../registry/actions.js';
import { runWrite } from '../run-write.js';
import type { Session } from '../session.js';

export function run(
  session: Session,
  target: string,
  stage: string,
  options: AssignOptions & { register: boolean },
): Promise<void> {
  return runWrite(session, options, (context, asked) =>
    assign(context, target, stage, { ...asked, noRegister: !asked.register }),
  );
}
