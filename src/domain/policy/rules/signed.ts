import type { Rule } from '../judge.js';
import { standsFor } from '../signature.js';

/** A tag that changes a stage is signed, by a key that stands for the address of its tagger. */
export const signed: Rule = ({ event, policy, stage, facts }) => {
  if (!policy.signed) return undefined;
  const signature = facts.signatures.get(event.tagOid);
  if (signature === 'coming') return undefined;
  const said = (message: string, hint: string) => ({
    rule: 'signed' as const,
    message: `${event.tag} ${message}`,
    hint,
  });
  switch (signature?.verdict) {
    case 'good': {
      const signer = signature.signer ?? '';
      if (standsFor(signer, event.tagger.email)) return undefined;
      return said(
        `is signed by ${signer}, and its tagger is ${event.tagger.email}`,
        'a tag is signed by who makes it: set user.email and user.signingKey of the same person',
      );
    }
    case 'bad':
      return said('has a signature that is not right', 'do not trust it: delete the tag and write it again');
    case 'unknown':
      return said(
        `is signed with a key that is not among the signers${signature.key === null ? '' : `: ${signature.key}`}`,
        'add the key to the file of signers on the protected branch, if it is that of a colleague',
      );
    default:
      return said(
        `is not signed, and ${stage} asks for it`,
        'sign it: add --sign, or git config tag.gpgSign true',
      );
  }
};
