import { compareText } from '../domain/order.js';
import type { FindingRow } from '../registry/rows.js';

/** How bad something is; an error makes a check fail. */
export type Level = (typeof LEVELS)[number];

/** From the mildest to the worst. */
export const LEVELS = ['info', 'warning', 'error'] as const;

/** One thing that a check found. */
export type Finding = FindingRow;

/** What a validation found; `ok` while no finding is an error. */
export interface Report {
  ok: boolean;
  findings: Finding[];
  /** Everything that was looked at: files and refs. */
  checked: string[];
  /** What else there is to say. */
  note?: string | undefined;
}

/** Makes the report of what was found: in the order of what was looked at, and by line. */
export function reportOf(findings: readonly Finding[], checked: readonly string[]): Report {
  const position = new Map(checked.map((file, index) => [file, index]));
  const place = ({ file }: Finding): number => position.get(file) ?? -1;
  const sorted = [...findings].sort(
    (a, b) => place(a) - place(b) || compareText(a.file, b.file) || a.line - b.line,
  );
  return { ok: findings.every(({ level }) => level !== 'error'), findings: sorted, checked: [...checked] };
}
