import { type Approval, approversOf } from './approval.js';
import type { Oid } from './event.js';
import { versionLabel } from './find.js';
import type { StageName } from './names.js';
import { type Signature, standsFor } from './signature.js';
import {
  type ArtifactState,
  isStageEvent,
  type ResolvedEvent,
  type VersionId,
  versionEventBefore,
} from './state.js';

/** What a version has to fulfil before a stage takes it; absent rules ask for nothing. */
export interface StagePolicy {
  /** The stage that it must have been assigned to before. */
  after?: StageName | undefined;
  /** The branch that its commit must be on. */
  branch?: string | undefined;
  /** The addresses of those who may change what is in the stage. */
  by?: readonly string[] | undefined;
  /** Whether a tag that changes the stage must be signed. */
  signed?: boolean | undefined;
  /** How many others must have approved. */
  approvals?: number | undefined;
}

/** The rules of a team, by stage. */
export type Policy = Readonly<Record<StageName, StagePolicy>>;

/** The names of the rules that can be violated; `commit` and `name` hold wherever a stage has any policy. */
export type PolicyRule = keyof StagePolicy | 'commit' | 'name';

/** A rule that an event does not fulfil. */
export interface Violation {
  rule: PolicyRule;
  /** What is wrong, in one line. */
  message: string;
  /** The way out, in one line. */
  hint: string;
}

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
interface Case extends Concern {
  artifact: ArtifactState;
  event: ResolvedEvent;
  policy: StagePolicy;
  facts: Facts;
  /** What the event is about, for sentences: `churn v1.2.0`. */
  subject: string;
}

/** One rule of a policy: what it has to say of an event. */
type Rule = (one: Case) => Violation | undefined;

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

/** How an event touches a stage. */
interface Concern {
  stage: StageName;
  version: VersionId;
  /** Whether the stage gets a version by it; otherwise it loses one. */
  enters: boolean;
  /** The tagged commit, and the one that the version stood for then: what the stage gets. */
  commits: readonly Oid[];
}

/**
 * The stages that an event touches. Not only assignments do: a version that is in a stage leaves it when it is deregistered,
 * and comes back, perhaps as another commit, when it is registered again.
 */
export function concernsOf(artifact: ArtifactState, event: ResolvedEvent): Concern[] {
  const version = event.of;
  if (version === undefined) return [];
  if (isStageEvent(event)) {
    const commits = [...new Set([event.commit, commitAt(artifact, version, event)])];
    return [{ stage: event.stage, version, enters: event.kind === 'assignment', commits }];
  }
  return [...heldBefore(artifact, version, event.place)]
    .filter(([, assignment]) => event.kind === 'deregistration' || changes(artifact, event, assignment))
    .map(([stage]) => ({ stage, version, enters: event.kind === 'registration', commits: [event.commit] }));
}

/** Whether a registration brings back what was gone, or puts another commit in the place of what an assignment put there. */
function changes(artifact: ArtifactState, event: ResolvedEvent, assignment: ResolvedEvent): boolean {
  const last = versionEventBefore(event, artifact);
  return last?.kind === 'deregistration' || (last ?? assignment).commit !== event.commit;
}

/** The commit that a version stood for when an event happened. */
function commitAt({ events }: ArtifactState, version: VersionId, event: ResolvedEvent): Oid {
  const registrations = events.filter((one) => one.kind === 'registration' && one.of === version);
  const before = registrations.findLast(({ place }) => place < event.place);
  return (before ?? registrations[0] ?? event).commit;
}

/** The stages that a version was assigned to before a place and not taken out of again, each with the last assignment. */
function heldBefore(
  { events }: ArtifactState,
  version: VersionId,
  place: number,
): Map<StageName, ResolvedEvent> {
  const last = new Map<StageName, ResolvedEvent>();
  for (const event of events)
    if (isStageEvent(event) && event.of === version && event.place < place) last.set(event.stage, event);
  return new Map([...last].filter(([, { kind }]) => kind === 'assignment'));
}

/** The tag object calls itself what its ref is called, so that no tag, signed or not, passes for another one. */
const name: Rule = ({ event, stage }) =>
  event.ownName === undefined
    ? undefined
    : {
        rule: 'name',
        message: `${event.tag} holds the tag object of '${event.ownName}', so it says nothing about ${stage}`,
        hint: 'a tag is made under its own name; delete this one',
      };

/** An assignment is at the commit that its version stands for. */
const commit: Rule = ({ event, commits, subject }) => {
  const [tagged = '', registered] = commits;
  if (registered === undefined) return undefined;
  return {
    rule: 'commit',
    message: `${event.tag} is at commit ${tagged.slice(0, 12)}, and ${subject} is registered at ${registered.slice(0, 12)}`,
    hint: `assign the version itself: reg assign ${event.artifact}@${event.of} ${'stage' in event ? event.stage : ''}`.trim(),
  };
};

/**
 * The version was in another stage before: assigned to it by an earlier event, as the commit that it is now. It must be
 * active still, but need not be in that stage any more.
 */
const after: Rule = ({ artifact, event, version, stage, commits, policy, subject }) => {
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

/** What the stage gets is on a branch: merged, and so reviewed the way that branch is protected. */
const branch: Rule = ({ commits, policy, facts, stage, subject }) => {
  if (policy.branch === undefined) return undefined;
  const strays = facts.strays.get(policy.branch);
  const stray = commits.find((commit) => strays === undefined || strays.has(commit));
  if (stray === undefined) return undefined;
  return {
    rule: 'branch',
    message: `${subject} is commit ${stray.slice(0, 12)}, which is not on ${policy.branch}, and ${stage} takes only what is`,
    hint: `merge it into ${policy.branch} first, and push that`,
  };
};

/**
 * Whoever changes a stage is allowed to. The address is the tagger's, which anybody can write; `signed` makes it one that a
 * key stands for.
 */
const by: Rule = ({ event, policy, stage, artifact }) => {
  if (policy.by === undefined) return undefined;
  const email = event.tagger.email.toLowerCase();
  if (policy.by.some((one) => one.toLowerCase() === email)) return undefined;
  return {
    rule: 'by',
    message: `${event.tagger.email} may not change ${stage} of ${artifact.name}`,
    hint: policy.by.length === 0 ? 'nobody may' : `ask one of those who may: ${policy.by.join(', ')}`,
  };
};

/** A tag that changes a stage is signed, by a key that stands for the address of its tagger. */
const signed: Rule = ({ event, policy, stage, facts }) => {
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

/** So many others than the one who assigns have approved. */
const approvals: Rule = (one) => {
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

/** Rules for what enters a stage. */
const ENTERING: readonly Rule[] = [name, commit, after, branch, by, signed, approvals];
/** Rules for what leaves a stage: it changes what is current there, and brings nothing new. */
const LEAVING: readonly Rule[] = [name, by, signed];
