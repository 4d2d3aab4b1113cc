import { parseTarget } from '../../domain/target.js';
import { chosenBy } from '../../registry/choose.js';
import { describe } from '../../registry/describe.js';
import { renderTable } from '../render/table.js';
import type { Session } from '../session.js';

interface Options {
  rev?: string;
  at?: Date;
}

export async function run({ out, open }: Session, text: string, { rev, at }: Options): Promise<void> {
  const target = parseTarget(text);
  const row = await describe(await open(), target.artifact, { rev, at, ...chosenBy(target) });
  if (out.json) return out.data(row);
  const said = Object.entries(row).filter(([, value]) => value !== null);
  const rows = said.map(([key, value]) => [
    key,
    typeof value === 'object' ? JSON.stringify(value) : String(value),
  ]);
  out.print(await renderTable({ head: ['field', 'value'], rows }, out));
}
