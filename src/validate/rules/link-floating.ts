import { registryRef } from '../../registry/source-rev.js';
import type { LinkSubject } from '../link-subject.js';
import type { Rule } from '../rule.js';

/** What a link names does not move on by itself. */
export const linkFloating: Rule<LinkSubject> = {
  id: 'link-floating',
  level: 'error',
  about: 'The rev of a link is no branch, unless the configuration says revs: floating.',
  check: async ({ link: { source }, yaml, registry, findRev }) => {
    const { rev, url } = source;
    if (url !== undefined || rev === undefined || registry.config.revs === 'floating') return [];
    // a stage and the latest version of a registry move by events that somebody signs for
    if (registryRef(source)) return [];
    const found = await findRev().catch(() => undefined);
    if (found?.commit === undefined || found.isFixed) return [];
    const message = `source.rev '${rev}' is a branch, which moves on: name a tag or a commit id, or allow it with revs: floating in .reg.yaml`;
    return [{ line: yaml.lineOf(['source', 'rev']), message }];
  },
};
