import type { Rule } from '../judge.js';

/**
 * Whoever changes a stage is allowed to. The address is the tagger's, which anybody can write; `signed` makes it one that a
 * key stands for.
 */
export const by: Rule = ({ event, policy, stage, artifact }) => {
  if (policy.by === undefined) return undefined;
  const email = event.tagger.email.toLowerCase();
  if (policy.by.some((one) => one.toLowerCase() === email)) return undefined;
  return {
    rule: 'by',
    message: `${event.tagger.email} may not change ${stage} of ${artifact.name}`,
    hint: policy.by.length === 0 ? 'nobody may' : `ask one of those who may: ${policy.by.join(', ')}`,
  };
};
