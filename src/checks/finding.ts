import type { RuleLevels } from '../documents/config.js';
import type { YamlFile, YamlProblem } from '../documents/yaml.js';
import { compareText } from '../domain/order.js';
import type { Finding } from '../registry/rows.js';

/** How bad a finding is; an error makes a check fail. */
export type Level = 'info' | 'warning' | 'error';

/** The result of `validate`; `ok` where no finding is an error. */
export interface Report {
  ok: boolean;
  findings: Finding[];
  /** The files and refs that were checked. */
  checked: string[];
  /** A note about the whole. */
  note?: string | undefined;
}

/** Makes a report. Findings are sorted by the order in which files and refs were checked, and by line. */
export function reportOf(findings: readonly Finding[], checked: readonly string[]): Report {
  const position = new Map(checked.map((file, index) => [file, index]));
  const place = ({ file }: Finding): number => position.get(file) ?? -1;
  const sorted = [...findings].sort(
    (a, b) => place(a) - place(b) || compareText(a.file, b.file) || a.line - b.line,
  );
  return { ok: findings.every(({ level }) => level !== 'error'), findings: sorted, checked: [...checked] };
}

/** A rule without its check. */
export interface RuleInfo {
  /** The subject and the aspect of it that the rule checks. */
  id: string;
  /** The level of its findings, unless the configuration has another. */
  level: Level;
  /** What it asks for, in one sentence. */
  about: string;
}

/** A rule about a subject. */
export interface Rule<S extends Subject> extends RuleInfo {
  check(subject: S): Complaint[] | Promise<Complaint[]>;
}

/** What a rule checks: a file of the work tree, or a ref. */
export interface Subject {
  file: string;
}

/** What a rule finds wrong. */
export interface Complaint {
  /** Counted from 1. */
  line: number;
  message: string;
}

/** A complaint about a file as a whole. */
export const atTop = (message: string): Complaint[] => [{ line: 1, message }];

/** A complaint about the value at a path of keys. */
export const atKey = (yaml: YamlFile, path: readonly string[], message: string): Complaint[] => [
  { line: yaml.lineOf(path), message },
];

/** A problem of a YAML file as a complaint. */
export const complaintOf = ({ line, message, hint }: YamlProblem): Complaint => ({
  line,
  message: hint ? `${message} (${hint})` : message,
});

/** The level of a rule in a configuration. */
export const levelOf = ({ id, level }: RuleInfo, levels: RuleLevels): Level | 'off' => levels[id] ?? level;

/** Asks rules about one subject, all at the same time. Findings are in the order of the rules. */
export async function applyRules<S extends Subject>(
  rules: readonly Rule<S>[],
  subject: S,
  levels: RuleLevels,
): Promise<Finding[]> {
  const found = await Promise.all(
    rules.map(async (rule): Promise<Finding[]> => {
      const level = levelOf(rule, levels);
      if (level === 'off') return [];
      const complaints = await rule.check(subject);
      return complaints.map(({ line, message }) => ({
        level,
        rule: rule.id,
        file: subject.file,
        line,
        message,
      }));
    }),
  );
  return found.flat();
}
