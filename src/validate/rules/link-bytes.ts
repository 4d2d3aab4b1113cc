import type { LinkSubject } from '../link-subject.js';
import type { Complaint, Rule } from '../rule.js';

/** The bytes at the end of a link are those that it promises. */
export const linkBytes: Rule<LinkSubject> = {
  id: 'link-bytes',
  level: 'error',
  about: 'A link says the SHA-256 and the size of its model, and both are right.',
  check: async ({ link, yaml, model }) => {
    // a source that cannot be read is for the rule link-resolves to tell
    const found = await model().catch(() => undefined);
    if (found === undefined) return [];
    const complaints: Complaint[] = [];
    const complain = (key: string, message: string): void => {
      complaints.push({ line: yaml.lineOf([key]), message });
    };
    if (link.sha256 === undefined)
      complain('sha256', 'sha256 is missing, so nobody can tell whether the bytes changed');
    else if (link.sha256 !== found.sha256)
      complain('sha256', `the bytes differ: sha256 is ${found.sha256}, the link says ${link.sha256}`);
    if (link.size !== undefined && link.size !== found.size)
      complain('size', `the size differs: it is ${found.size} bytes, the link says ${link.size}`);
    return complaints;
  },
};
