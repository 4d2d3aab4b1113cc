import type { LinkRule } from '../rule.js';

/** A link says which rev of its source was asked for: without one, what it leads to may change at any time. */
export const linkRev: LinkRule = {
  id: 'link-rev',
  check: async ({ link, yaml }) => {
    if (link.source.rev !== undefined || link.source.url !== undefined) return [];
    const message = 'source.rev is missing, so the link is not pinned: link it again with --rev';
    return [{ level: 'error', line: yaml.lineOf(['source']), message }];
  },
};
