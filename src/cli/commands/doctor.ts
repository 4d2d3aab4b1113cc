import { doctor } from '../../checks/doctor.js';
import { shellLine } from '../../util/shell.js';
import { renderTable } from '../render/table.js';
import type { Session } from '../session.js';

export async function run(
  { out, open, repo, inPlace }: Session,
  { offline }: { offline?: boolean },
): Promise<number> {
  const context = await open();
  // a fix is to be pasted where the user stands, which need not be the repository that was looked at
  const isElsewhere = repo !== '.' && context.repository.url === undefined;
  const found = (await doctor(context, { offline })).map((one) => ({
    ...one,
    message: inPlace(one.message),
    fix: one.fix && inPlace(isElsewhere ? inRepository(one.fix, repo) : one.fix),
  }));
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

const inRepository = (fix: string, repo: string): string =>
  fix.replace(/^git /, `${shellLine('git', '-C', repo)} `);
