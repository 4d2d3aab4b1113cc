import type { FileSubject } from '../link-subject.js';
import type { Rule } from '../rule.js';
import { problemComplaints } from './link-schema.js';

/** A link file is YAML within the limits of link files. */
export const linkParse: Rule<FileSubject> = {
  id: 'link-parse',
  level: 'error',
  about:
    'A link file is YAML: in UTF-8, without aliases and tags, no key twice, not too large and not too deep.',
  check: ({ reading }) => problemComplaints(reading, false),
};
