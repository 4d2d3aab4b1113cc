import { short } from '../../../util/oid.js';
import type { Rule } from '../judge.js';

/** What the stage gets is on a branch: merged, and so reviewed the way that branch is protected. */
export const branch: Rule = ({ commits, policy, facts, stage, subject }) => {
  if (policy.branch === undefined) return undefined;
  const strays = facts.strays.get(policy.branch);
  const stray = commits.find((commit) => strays === undefined || strays.has(commit));
  if (stray === undefined) return undefined;
  return {
    rule: 'branch',
    message: `${subject} is commit ${short(stray)}, which is not on ${policy.branch}, and ${stage} takes only what is`,
    hint: `merge it into ${policy.branch} first, and push that`,
  };
};
