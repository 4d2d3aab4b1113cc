import { isFloating } from '../../registry/floating.js';
import type { LinkSubject } from '../link-subject.js';
import type { Rule } from '../rule.js';

/** What a link names does not move on by itself. */
export const linkFloating: Rule<LinkSubject> = {
  id: 'link-floating',
  level: 'error',
  about: 'The rev of a link is no branch, unless the configuration says revs: floating.',
  check: async ({ link: { source }, yaml, registry, findRev }) => {
    if (!(await isFloating(source, registry.config, findRev))) return [];
    const message = `source.rev '${source.rev}' is a branch, which moves on: name a tag or a commit id, or allow it with revs: floating in .reg.yaml`;
    return [{ line: yaml.lineOf(['source', 'rev']), message }];
  },
};
