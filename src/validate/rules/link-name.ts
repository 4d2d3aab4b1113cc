import { LINK_SUFFIX } from '../../documents/link-path.js';
import { refuseUnwritableName } from '../../domain/writable.js';
import { RegError } from '../../errors.js';
import type { FileSubject } from '../link-subject.js';
import type { Rule } from '../rule.js';

/** The name of a link file is the name of an artifact, and tags can hold it. */
export const linkName: Rule<FileSubject> = {
  id: 'link-name',
  level: 'error',
  about:
    'The name of a link file, and of the folders above it, is a name that an artifact and its tags may have.',
  check: ({ file, artifact }) => {
    // what is no link is for the rule link-place to tell
    if (!file.endsWith(LINK_SUFFIX)) return [];
    if (artifact === undefined) return [{ line: 1, message: 'its file name is not an artifact name' }];
    try {
      refuseUnwritableName(artifact);
      return [];
    } catch (error) {
      if (!(error instanceof RegError)) throw error;
      return [{ line: 1, message: error.message }];
    }
  },
};
