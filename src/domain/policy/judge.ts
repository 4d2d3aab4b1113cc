import type { ArtifactState, ResolvedEvent } from '../artifact.js';
import type { Oid } from '../event.js';
import { versionLabel } from '../find.js';
import type { Approval } from './approval.js';
import { type Concern, concernsOf } from './concern.js';
import type { Policy, StagePolicy, Violation } from './policy.js';
import { after } from './rules/after.js';
import { approvals } from './rules/approvals.js';
import { branch } from './rules/branch.js';
import { by } from './rules/by.js';
import { commit } from './rules/commit.js';
import { name } from './rules/name.js';
import { signed } from './rules/signed.js';
import type { Signature } from './signature.js';

/** What the tags of an artifact do not say by themselves. */
export interface Facts {
  /** By branch, those of the commits asked about that are not on it. */
  strays: ReadonlyMap<string, ReadonlySet<Oid>>;
  /** By tag object, of those that must be signed. `coming` is a tag that is signed when it is written. */
  signatures: ReadonlyMap<Oid, Signature | 'coming'>;
  /** The approvals of the artifact. */
  approvals: readonly Approval[];
}

/** One event before one stage's policy. */
export interface Case extends Concern {
  artifact: ArtifactState;
  event: ResolvedEvent;
  policy: StagePolicy;
  facts: Facts;
  /** What the event is about, for sentences: `churn v1.2.0`. */
  subject: string;
}

/** One rule of a policy: what it has to say of an event. */
export type Rule = (one: Case) => Violation | undefined;

/** Rules for what enters a stage. */
const ENTERING: readonly Rule[] = [name, commit, after, branch, by, signed, approvals];
/** Rules for what leaves a stage: it changes what is current there, and brings nothing new. */
const LEAVING: readonly Rule[] = [name, by, signed];

/** The stages with a policy that an event touches. */
export const policedConcerns = (policy: Policy, artifact: ArtifactState, event: ResolvedEvent): Concern[] =>
  concernsOf(artifact, event).filter(({ stage }) => Object.hasOwn(policy, stage));

/** What an event of an artifact violates; `artifact` holds the event and all before it. */
export function judge(
  policy: Policy,
  artifact: ArtifactState,
  event: ResolvedEvent,
  facts: Facts,
): Violation[] {
  return policedConcerns(policy, artifact, event).flatMap((concern) => {
    const subject = `${artifact.name} ${versionLabel(concern.version)}`;
    const one = { ...concern, artifact, event, policy: policy[concern.stage] ?? {}, facts, subject };
    return (concern.enters ? ENTERING : LEAVING).flatMap((rule) => rule(one) ?? []);
  });
}
