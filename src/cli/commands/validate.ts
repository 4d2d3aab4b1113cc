import { validate } from '../../validate/validate.js';
import type { Session } from '../session.js';

export async function run({ out, open, cwd }: Session, paths: string[]): Promise<number> {
  const report = await validate(await open(), { paths, from: cwd });
  if (out.json) out.data(report);
  else
    for (const { file, line, level, message, rule } of report.findings)
      out.line(`${file}:${line}: ${level}: ${message} [${rule}]`);
  return report.ok ? 0 : 1;
}
