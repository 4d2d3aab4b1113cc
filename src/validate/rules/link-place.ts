import { linkPathOf } from '../../documents/link-path.js';
import type { FileSubject } from '../link-subject.js';
import type { Rule } from '../rule.js';

/** A link file is where whoever asks for its artifact looks for it. */
export const linkPlace: Rule<FileSubject> = {
  id: 'link-place',
  level: 'error',
  about: 'A link file is where its artifact is looked for: dir/NAME.model.yaml for dir:NAME.',
  check: ({ file, artifact }) => {
    const place = artifact && linkPathOf(artifact);
    if (place === undefined || place === file) return [];
    return [{ line: 1, message: `the link of ${artifact} is looked for at ${place}` }];
  },
};
