import { short } from '../../../util/oid.js';
import type { Rule } from '../judge.js';

/** An assignment is at the commit that its version stands for. */
export const commit: Rule = ({ event, commits, subject }) => {
  const [tagged = '', registered] = commits;
  if (registered === undefined) return undefined;
  return {
    rule: 'commit',
    message: `${event.tag} is at commit ${short(tagged)}, and ${subject} is registered at ${short(registered)}`,
    hint: `assign the version itself: reg assign ${event.artifact}@${event.of} ${'stage' in event ? event.stage : ''}`.trim(),
  };
};
