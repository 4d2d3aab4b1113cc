import type { LinkSubject } from '../link-subject.js';
import type { Complaint, Rule } from '../rule.js';

/** A link is pinned. */
export const linkRev: Rule<LinkSubject> = {
  id: 'link-rev',
  level: 'error',
  about: 'A link into a repository says which rev was asked for, and which commit that was.',
  check: ({ link: { source }, yaml }): Complaint[] => {
    if (source.url !== undefined) return [];
    const missing = source.rev === undefined ? 'rev' : source.commit === undefined ? 'commit' : undefined;
    if (missing === undefined) return [];
    return [
      {
        line: yaml.lineOf(['source', 'rev']),
        message: `source.${missing} is missing, so the link is not pinned: ${AGAIN}`,
      },
    ];
  },
};

/** How a link is mended. */
export const AGAIN = 'link it again with --rev and --force';
