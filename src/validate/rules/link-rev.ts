import type { Complaint, LinkRule } from '../rule.js';

/** A link is pinned: it says which rev of its source was asked for, which commit that was, and the rev still says so. */
export const linkRev: LinkRule = {
  id: 'link-rev',
  check: async ({ link: { source }, yaml, resolveRev }) => {
    const error = (key: string, message: string): Complaint[] => [
      { level: 'error', line: yaml.lineOf(['source', key]), message },
    ];
    if (source.url !== undefined) return [];
    const again = 'link it again with --rev and --force';
    if (source.rev === undefined)
      return error('rev', `source.rev is missing, so the link is not pinned: ${again}`);
    if (source.commit === undefined)
      return error('rev', `source.commit is missing, so the link is not pinned: ${again}`);
    // a source that cannot be reached is for the rule link-resolves to tell
    const found = await resolveRev(source.rev).catch(() => undefined);
    if (found === undefined) return [];
    if (found.commit === undefined)
      return error('rev', `source.rev '${source.rev}' names no commit of the source`);
    if (!found.isFixed || found.commit === source.commit) return [];
    return error(
      'rev',
      `source.rev '${source.rev}' is commit ${found.commit}, and the link pins another: ${again}`,
    );
  },
};
