import { LINK_SUFFIX } from '../../documents/link-path.js';
import type { FileSubject } from '../link-subject.js';
import type { Rule } from '../rule.js';

/** What looks like a link is one. */
export const linkSuffix: Rule<FileSubject> = {
  id: 'link-suffix',
  level: 'warning',
  about: 'The name of a link file ends in .model.yaml, in small letters.',
  check: ({ file }) =>
    file.endsWith(LINK_SUFFIX)
      ? []
      : [{ line: 1, message: `nobody reads it as a link: the name of one ends in ${LINK_SUFFIX}` }],
};
