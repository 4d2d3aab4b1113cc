import type { Oid } from '../../event.js';
import { approversOf } from '../approval.js';
import type { Rule } from '../judge.js';
import type { Signature } from '../signature.js';

/** So many others than the one who assigns have approved. */
export const approvals: Rule = (one) => {
  const { policy, facts, event, artifact, version, stage, subject } = one;
  const wanted = policy.approvals ?? 0;
  if (wanted === 0) return undefined;
  const signatures = policy.signed ? known(facts.signatures) : undefined;
  const approvable = { ...one, tagger: event.tagger, time: event.time };
  const approvers = approversOf(approvable, facts.approvals, signatures);
  if (approvers.length >= wanted) return undefined;
  const from = approvers.length === 0 ? '' : `, from ${approvers.join(' and ')}`;
  return {
    rule: 'approvals',
    message: `${subject} has ${approvers.length} of ${wanted} approvals for ${stage}${from}`,
    hint: `others than ${event.tagger.email} approve with: reg approve ${artifact.name}@${version} ${stage} --push`,
  };
};

const known = (signatures: ReadonlyMap<Oid, Signature | 'coming'>): ReadonlyMap<Oid, Signature> =>
  new Map([...signatures].filter((entry): entry is [Oid, Signature] => entry[1] !== 'coming'));
