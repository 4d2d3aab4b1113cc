import type { LinkReading } from '../../documents/link.js';
import type { FileSubject } from '../link-subject.js';
import type { Complaint, Rule } from '../rule.js';

/** A link file says what a link may say. */
export const linkSchema: Rule<FileSubject> = {
  id: 'link-schema',
  level: 'error',
  about: 'A link file has the keys and values that schema/model-link.schema.json allows, and no others.',
  check: ({ reading }) => problemComplaints(reading, true),
};

/** What is wrong with a file: with what it says when it is YAML, or with its being YAML. */
export function problemComplaints(reading: LinkReading, isYaml: boolean): Complaint[] {
  if (!('problems' in reading) || reading.isYaml !== isYaml) return [];
  return reading.problems.map(({ line, message, hint }) => ({
    line,
    message: hint ? `${message} (${hint})` : message,
  }));
}
