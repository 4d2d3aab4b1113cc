import type { Link } from '../../documents/link.js';
import { shownUrl } from '../../util/address.js';
import type { LinkSubject } from '../link-subject.js';
import type { Rule } from '../rule.js';

/** What a name stood for, it stands for still. */
export const changeBytes: Rule<LinkSubject> = {
  id: 'change-bytes',
  level: 'error',
  about: 'A change of the bytes of a link is a change of its rev, path or URL too (with --base).',
  check: ({ link, before, yaml, registry }) => {
    if (before?.sha256 === undefined || link.sha256 === undefined || before.sha256 === link.sha256) return [];
    if (NAMES.some((key) => before.source[key] !== link.source[key])) return [];
    const isBranch = registry.config.revs === 'floating' && before.source.commit !== link.source.commit;
    if (isBranch) return [];
    const [key, name] = nameOf(link);
    const message = `the bytes change, but source.${key} is '${name}' still: what it names was replaced`;
    return [{ line: yaml.lineOf(['sha256']), message }];
  },
};

/** What names the bytes of a link. */
const NAMES = ['repo', 'rev', 'path', 'url'] as const;

const nameOf = ({ source: { url, rev, path = '' } }: Link): [key: string, name: string] => {
  if (url !== undefined) return ['url', shownUrl(url)];
  return rev === undefined ? ['path', path] : ['rev', rev];
};
