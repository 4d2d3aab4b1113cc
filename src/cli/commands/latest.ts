import { latest } from '../../registry/queries.js';
import type { Session } from '../session.js';

export async function run({ out, open }: Session, artifact: string, options: { at?: Date }): Promise<void> {
  const row = await latest(await open(), artifact, options);
  if (out.json) out.data(row);
  else out.line(row.version);
}
