import { validate } from '../../validate/validate.js';
import type { Session } from '../session.js';

export async function run({ out, open, cwd }: Session, paths: string[]): Promise<number> {
  const report = await validate(await open(), { paths, from: cwd });
  const { ok, findings } = report;
  if (out.json) out.data({ ok, findings });
  else
    for (const { file, line, level, message, rule } of findings)
      out.line(`${file}:${line}: ${level}: ${message} [${rule}]`);
  if (findings.length === 0)
    out.note(`${report.checked} ${report.checked === 1 ? 'link is' : 'links are'} right`);
  return ok ? 0 : 1;
}
