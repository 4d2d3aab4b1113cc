import type { ReportFormat } from '../../checks/reporters.js';
import { validate } from '../../checks/validate.js';
import { printReport } from '../render/report.js';
import type { Session } from '../session.js';

interface Options {
  base?: string;
  format?: ReportFormat | 'text' | 'json';
  tags?: boolean;
  since?: string;
  offline?: boolean;
}

export async function run({ out, open, cwd }: Session, paths: string[], options: Options): Promise<number> {
  const { format = out.json ? 'json' : 'text', ...which } = options;
  const report = await validate(await open(), { ...which, paths, from: cwd });
  if (report.note !== undefined) out.note(report.note);
  return printReport(report, format, out);
}
