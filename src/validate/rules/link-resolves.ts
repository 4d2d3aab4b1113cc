import { RegError } from '../../errors.js';
import type { LinkSubject } from '../link-subject.js';
import type { Complaint, Rule } from '../rule.js';

/** What a link leads to can be read. */
export const linkResolves: Rule<LinkSubject> = {
  id: 'link-resolves',
  level: 'error',
  about: 'The source of a link can be reached, has the commit, and can be read to its end.',
  check: (subject) => unfollowed(subject, false),
};

/** Why a link does not lead to a model: because of its path, or of anything before. */
export async function unfollowed({ link, yaml, model }: LinkSubject, isPath: boolean): Promise<Complaint[]> {
  try {
    await model();
    return [];
  } catch (error) {
    if (!(error instanceof RegError) || error.code === 'INTERRUPTED') throw error;
    const isUrl = link.source.url !== undefined;
    if (isPath !== (error.code === 'SOURCE_PATH' && !isUrl)) return [];
    const key = isUrl ? 'url' : KEYS[error.code];
    return [{ line: yaml.lineOf(['source', key ?? 'repo']), message: error.message }];
  }
}

/** The key of `source` that an error is about. */
const KEYS: Partial<Record<RegError['code'], string>> = { SOURCE_PATH: 'path', UNKNOWN_REV: 'rev' };
