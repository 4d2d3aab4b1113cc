import { which } from '../../registry/queries.js';
import type { Session } from '../session.js';

interface Options {
  at?: Date;
  all?: boolean;
}

export async function run(
  { out, open }: Session,
  artifact: string,
  stage: string,
  options: Options,
): Promise<void> {
  const rows = await which(await open(), artifact, stage, options);
  if (out.json) out.data(options.all ? rows : rows[0]);
  else for (const row of options.all ? rows : [rows[0]]) out.line(row.version);
}
