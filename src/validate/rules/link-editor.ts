import { pointsAtSchema, SCHEMA_COMMENT } from '../../documents/link.js';
import type { FileSubject } from '../link-subject.js';
import type { Rule } from '../rule.js';

/** The first line of a link tells editors which schema it has. */
export const linkEditor: Rule<FileSubject> = {
  id: 'link-editor',
  level: 'info',
  about: 'The first line of a link file points editors at the schema of link files.',
  check: ({ bytes, reading }) => {
    if ('problems' in reading || pointsAtSchema(Buffer.from(bytes).toString())) return [];
    return [{ line: 1, message: `the first line does not point editors at the schema: #${SCHEMA_COMMENT}` }];
  },
};
