import type { Finding, Report } from '../../checks/finding.js';
import { REPORTERS, type ReportFormat } from '../../checks/reporters.js';
import { ALL_RULES } from '../../checks/rules.js';
import type { Output } from '../output.js';
import { cleanLine } from './clean.js';

/** Prints a report: in JSON, for another program, or one line a finding. Gives the exit code. */
export function printReport(report: Report, format: ReportFormat | 'text' | 'json', out: Output): number {
  const { ok, findings, checked } = report;
  if (format === 'json') out.data({ ok, findings });
  else if (format !== 'text') {
    const clean = { ...report, findings: findings.map(cleaned), checked: checked.map(cleanLine) };
    out.print(REPORTERS[format](clean, { version: out.world.version, rules: ALL_RULES }));
  } else {
    for (const { file, line, level, message, rule } of findings)
      out.line(`${atStart(file)}:${line}: ${level}: ${message} [${rule}]`);
    if (findings.length === 0) out.note(rightNote(checked));
  }
  return ok ? 0 : 1;
}

/** A path that begins a line: in the log of a workflow, `::` there would be a command (GitHub Docs, "Workflow commands"). */
const atStart = (file: string): string => (/^\s*(::|##\[)/.test(file) ? `./${file}` : file);

const cleaned = (finding: Finding): Finding => ({
  ...finding,
  file: cleanLine(finding.file),
  message: cleanLine(finding.message),
});

function rightNote(checked: readonly string[]): string {
  const what = checked.every((file) => file.startsWith('refs/')) && checked.length > 0 ? 'tag' : 'link';
  return `${checked.length} ${what}${checked.length === 1 ? ' is' : 's are'} right`;
}
