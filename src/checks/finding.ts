import type { RuleLevels } from '../documents/config.js';
import { compareText } from '../domain/order.js';
import type { FindingRow } from '../registry/rows.js';

/** How bad something is; an error makes a check fail. */
export type Level = (typeof LEVELS)[number];

/** From the mildest to the worst. */
const LEVELS = ['info', 'warning', 'error'] as const;

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

/** What is known of a rule without asking it. */
export interface RuleInfo {
  /** Its name: what it is about, and what of that. */
  id: string;
  /** How bad it is to break it, unless the configuration says otherwise. */
  level: Level;
  /** What it asks for, in one sentence. */
  about: string;
}

/** Something that a rule has to say. */
export interface Complaint {
  /** Counted from 1. */
  line: number;
  message: string;
  /** Another file than the one that was asked about. */
  file?: string;
}

/** What every rule asks about: something with a name, a file of the work tree or a ref. */
export interface Subject {
  file: string;
}

/** One rule. */
export interface Rule<S extends Subject> extends RuleInfo {
  check(subject: S): Complaint[] | Promise<Complaint[]>;
}

/** Asks rules about one subject, all at the same time; what they say keeps their order. */
export async function applyRules<S extends Subject>(
  rules: readonly Rule<S>[],
  subject: S,
  levels: RuleLevels,
): Promise<Finding[]> {
  const asked = rules.flatMap((rule) => {
    const level = levels[rule.id] ?? rule.level;
    return level === 'off' ? [] : [{ rule, level }];
  });
  const found = await Promise.all(
    asked.map(async ({ rule, level }) =>
      (await rule.check(subject)).map(
        ({ line, message, file = subject.file }): Finding => ({ level, rule: rule.id, file, line, message }),
      ),
    ),
  );
  return found.flat();
}
