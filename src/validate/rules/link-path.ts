import type { LinkSubject } from '../link-subject.js';
import type { Rule } from '../rule.js';
import { unfollowed } from './link-resolves.js';

/** There is a model where a link says. */
export const linkPath: Rule<LinkSubject> = {
  id: 'link-path',
  level: 'error',
  about: 'At the path of a link its source has a file or a folder.',
  check: (subject) => unfollowed(subject, true),
};
