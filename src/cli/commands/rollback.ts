import type { WriteOptions } from '../../registry/write.js';
import { rollback } from '../../registry/writes.js';
import { printWritten } from '../render/written.js';
import type { Session } from '../session.js';

export async function run(
  session: Session,
  artifact: string,
  stage: string,
  options: WriteOptions,
): Promise<void> {
  const context = await session.open();
  await printWritten(session, context, await rollback(context, artifact, stage, options), options);
}
