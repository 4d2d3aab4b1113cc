import type { PolicyRule } from '../../domain/policy.js';
import type { RuleInfo } from '../rule.js';

const error = (id: string, about: string): RuleInfo => ({ id, level: 'error', about });
const warning = (id: string, about: string): RuleInfo => ({ id, level: 'warning', about });

/** Rules about tags; what levels they have, the protected branch says. */
export const TAG_RULES = {
  object: error(
    'tag-object',
    'A tag with the name of an event is an annotated tag on a commit, and can be read.',
  ),
  lookAlike: warning('tag-look-alike', 'A tag that looks like an event is one.'),
  approval: warning(
    'tag-approval',
    'A tag among the approvals is one, and its tagger is whom it is named after.',
  ),
  moved: error('tag-moved', 'A tag is the same here and at the remote: tags of events never move.'),
  chain: error('tag-chain', 'Every event follows the one that it names as the one before it; none is gone.'),
  registered: error('tag-registered', 'A version is registered once, unless it was deregistered in between.'),
  name: error('tag-name', 'The object of a tag calls itself what the tag is called.'),
  commit: error('tag-commit', 'An assignment is at the commit that its version stands for.'),
  after: error(
    'tag-after',
    'A version was in the stage that the policy names before it comes into this one.',
  ),
  branch: error('tag-branch', 'What a stage takes is on the branch that its policy names.'),
  by: error('tag-by', 'A stage is changed by those whom its policy names.'),
  signed: error(
    'tag-signed',
    'A tag that changes a stage is signed by its tagger, where the policy asks for it.',
  ),
  approvals: error(
    'tag-approvals',
    'As many others have approved of a version as the policy of the stage asks for.',
  ),
} as const satisfies Record<
  PolicyRule | 'object' | 'lookAlike' | 'approval' | 'moved' | 'chain' | 'registered',
  RuleInfo
>;
