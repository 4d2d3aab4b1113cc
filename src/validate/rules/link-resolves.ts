import { RegError } from '../../errors.js';
import type { LinkRule } from '../rule.js';

/** What a link leads to exists: its source can be reached, and has the commit and the path. */
export const linkResolves: LinkRule = {
  id: 'link-resolves',
  check: async ({ link, yaml, model }) => {
    try {
      await model();
      return [];
    } catch (error) {
      if (!(error instanceof RegError)) throw error;
      const key = link.source.url === undefined ? KEYS[error.code] : 'url';
      return [{ level: 'error', line: yaml.lineOf(['source', key ?? 'repo']), message: error.message }];
    }
  },
};

/** The key of `source` that an error is about. */
const KEYS: Partial<Record<RegError['code'], string>> = { SOURCE_PATH: 'path', UNKNOWN_REV: 'rev' };
