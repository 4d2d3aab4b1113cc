import { type AssignOptions, assign } from '../../registry/writes.js';
import { printWritten } from '../render/written.js';
import type { Session } from '../session.js';

type Options = AssignOptions & { register: boolean };

export async function run(session: Session, target: string, stage: string, options: Options): Promise<void> {
  const context = await session.open();
  const written = await assign(context, target, stage, { ...options, noRegister: !options.register });
  await printWritten(session, context, written, options);
}
