import { doctor } from '../../doctor/doctor.js';
import { renderTable } from '../render/table.js';
import type { Session } from '../session.js';

export async function run({ out, open }: Session, { offline }: { offline?: boolean }): Promise<number> {
  const found = await doctor(await open(), { offline });
  const rows = found.map(({ level, check, subject, message, fix }) => [
    level,
    check,
    subject ?? '-',
    message,
    fix ?? '-',
  ]);
  if (out.json) out.data(found);
  else out.print(await renderTable({ head: ['level', 'check', 'subject', 'what', 'fix'], rows }, out));
  if (found.length === 0) out.note('nothing is wrong');
  return found.every(({ level }) => level === 'info') ? 0 : 1;
}
