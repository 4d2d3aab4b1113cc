import { versionEventBefore } from '../../artifact.js';
import type { Rule } from '../judge.js';

/**
 * The version was in another stage before: assigned to it by an earlier event, as the commit that it is now. It must be
 * active still, but need not be in that stage any more.
 */
export const after: Rule = ({ artifact, event, version, stage, commits, policy, subject }) => {
  const before = policy.after;
  if (before === undefined) return undefined;
  const earlier = artifact.events.filter(({ place, of }) => place < event.place && of === version);
  const hint = `put it there first: reg assign ${artifact.name}@${version} ${before}`;
  if (event.kind === 'assignment' && versionEventBefore(event, artifact)?.kind === 'deregistration')
    return {
      rule: 'after',
      message: `${subject} was deregistered before ${event.tag} put it into ${stage}`,
      hint,
    };
  const wasThere = earlier.some(
    (one) => one.kind === 'assignment' && one.stage === before && commits.includes(one.commit),
  );
  if (wasThere) return undefined;
  return {
    rule: 'after',
    message: `${subject} was never in ${before}, and ${stage} takes only what was`,
    hint,
  };
};
