import { type RegisterOptions, register } from '../../registry/writes.js';
import { printWritten } from '../render/written.js';
import type { Session } from '../session.js';

export async function run(
  session: Session,
  artifact: string,
  rev: string | undefined,
  options: RegisterOptions,
): Promise<void> {
  const context = await session.open();
  await printWritten(session, context, await register(context, artifact, { ...options, rev }), options);
}
