import { checkRef } from '../../registry/check-ref.js';
import { renderTable } from '../render/table.js';
import type { Session } from '../session.js';

export async function run({ out, open }: Session, ref: string, options: { at?: Date }): Promise<void> {
  const row = await checkRef(await open(), ref, options);
  if (out.json) return out.data(row);
  const { artifact, event, version, stage, time, author, current } = row;
  const fields = [
    artifact,
    event,
    version ?? '-',
    stage ?? '-',
    time,
    author,
    current ? 'current' : 'superseded',
  ];
  const head = ['artifact', 'event', 'version', 'stage', 'time', 'by', 'effect'];
  out.print(await renderTable({ head, rows: [fields] }, out));
}
