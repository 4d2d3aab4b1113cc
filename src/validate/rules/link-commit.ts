import type { LinkSubject } from '../link-subject.js';
import type { Complaint, Rule } from '../rule.js';
import { AGAIN } from './link-rev.js';

/** A rev that should stay what it was, did. */
export const linkCommit: Rule<LinkSubject> = {
  id: 'link-commit',
  level: 'error',
  about: 'The rev of a link names a commit of the source, and a tag there still names the pinned one.',
  check: async ({ link: { source }, yaml, findRev }): Promise<Complaint[]> => {
    const { rev, commit, url } = source;
    if (url !== undefined || rev === undefined || commit === undefined) return [];
    // a source that cannot be reached is for the rule link-resolves to tell
    const found = await findRev().catch(() => undefined);
    if (found === undefined) return [];
    const complain = (message: string): Complaint[] => [{ line: yaml.lineOf(['source', 'rev']), message }];
    if (found.commit === undefined) return complain(`source.rev '${rev}' names no commit of the source`);
    if (!found.isFixed || found.commit === commit) return [];
    return complain(`source.rev '${rev}' is commit ${found.commit}, and the link pins another: ${AGAIN}`);
  },
};
