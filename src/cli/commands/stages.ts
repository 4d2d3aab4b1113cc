import { type StagesOptions, stages } from '../../registry/stages.js';
import type { Session } from '../session.js';

export async function run({ out, open }: Session, options: StagesOptions): Promise<void> {
  const names = await stages(await open(), options);
  if (out.json) out.data(names);
  else for (const name of names) out.line(name);
}
