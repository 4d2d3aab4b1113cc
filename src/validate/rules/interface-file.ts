import { RegError } from '../../errors.js';
import { contradictions } from '../../formats/interface.js';
import type { LinkSubject } from '../link-subject.js';
import type { Rule } from '../rule.js';

/** What a link declares of an interface, its model says too. */
export const interfaceFile: Rule<LinkSubject> = {
  id: 'interface-file',
  level: 'error',
  about:
    'The interface that a link declares is the one that the file of the model says, where its format says one.',
  check: async ({ link, yaml, fileInterface }) => {
    if (link.interface === undefined) return [];
    try {
      const found = await fileInterface();
      if (found === undefined) return [];
      return contradictions(link.interface, found).map(({ path, message }) => ({
        line: yaml.lineOf(['interface', ...path]),
        message,
      }));
    } catch (error) {
      if (!(error instanceof RegError) || error.code === 'INTERRUPTED') throw error;
      // a source that cannot be read is for the rule link-resolves to tell
      if (error.code !== 'INVALID_MODEL') return [];
      return [{ line: yaml.lineOf(['interface']), message: error.message }];
    }
  },
};
