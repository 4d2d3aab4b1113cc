import type { Report } from '../finding.js';
import type { RuleInfo } from '../rule.js';
import { githubReport } from './github.js';
import { junitReport } from './junit.js';
import { sarifReport } from './sarif.js';

/** The forms that a report has for other programs. */
export const REPORT_FORMATS = ['github', 'junit', 'sarif'] as const;

/** One of them. */
export type ReportFormat = (typeof REPORT_FORMATS)[number];

/** What a report says of the program that made it. */
export interface Reporter {
  /** The version of `reg`. */
  version: string;
  /** Every rule that there is. */
  rules: readonly RuleInfo[];
}

/** Writes a report as another program reads it. Its texts must be fit to be shown. */
export function formatReport(report: Report, format: ReportFormat, reporter: Reporter): string {
  switch (format) {
    case 'github':
      return githubReport(report);
    case 'junit':
      return junitReport(report);
    case 'sarif':
      return sarifReport(report, reporter);
  }
}
