import { short } from '../util/oid.js';
import { type Approval, approvalsThatCount, type Counting } from './approval.js';
import {
  type ArtifactState,
  artifactStateOf,
  isStageEvent,
  type ResolvedEvent,
  versionEventBefore,
  versionsByStage,
} from './artifact.js';
import { tagsBefore } from './chain.js';
import type { Oid, Tagger } from './event.js';
import { versionLabel } from './find.js';
import type { StageName } from './names.js';
import { type Signature, standsFor } from './signature.js';
import type { VersionId } from './state.js';

/** What a stage demands of the events that change it. A rule that is absent demands nothing. */
export interface StagePolicy {
  /** The stage that the version must have been assigned to before. */
  after?: StageName | undefined;
  /** The branch that its commit must be on. */
  branch?: string | undefined;
  /** The addresses of those who may change the stage. */
  by?: readonly string[] | undefined;
  /** Whether a tag that changes the stage must be signed. */
  signed?: boolean | undefined;
  /** How many others must have approved. */
  approvals?: number | undefined;
  /** The addresses of those who may approve. */
  approvers?: readonly string[] | undefined;
}

/** The rules of a team, by stage. */
export type Policy = Readonly<Record<StageName, StagePolicy>>;

/** The rules that can be violated. `commit` and `name` hold for every stage with a policy. */
export type PolicyRule = Exclude<keyof StagePolicy, 'approvers'> | 'commit' | 'name';

/** A rule that an event does not fulfil. */
export interface Violation {
  rule: PolicyRule;
  /** What is wrong, in one line. */
  message: string;
  /** The way out, in one line. */
  hint: string;
}

/** Facts that the tags of an artifact do not hold. */
export interface Facts {
  /** By branch, the commits that are not on it. */
  strays: ReadonlyMap<string, ReadonlySet<Oid>>;
  /** By tag object, where a signature is demanded. `coming` is a tag that will be signed when it is written. */
  signatures: ReadonlyMap<Oid, Signature | 'coming'>;
  /** The approvals of the artifact. */
  approvals: readonly Approval[];
}

/** How an event changes a stage. */
interface Concern {
  stage: StageName;
  version: VersionId;
  /** Whether the version enters the stage; otherwise it leaves. */
  enters: boolean;
  /** The tagged commit, and the one that the version stood for then: what the stage gets. */
  commits: readonly Oid[];
}

/**
 * The stages that an event changes. Other events than assignments do so too: a version that is in a stage leaves it when it
 * is deregistered, and comes back, perhaps as another commit, when it is registered again.
 */
export function concernsOf(artifact: ArtifactState, event: ResolvedEvent): Concern[] {
  const version = event.of;
  if (version === undefined) return deprecationConcerns(artifact, event);
  if (isStageEvent(event)) {
    const commits = [...new Set([event.commit, commitAt(artifact, version, event)])];
    return [{ stage: event.stage, version, enters: event.kind === 'assignment', commits }];
  }
  return [...heldBefore(artifact, version, event.place)]
    .filter(([, assignment]) => event.kind === 'deregistration' || changes(artifact, event, assignment))
    .map(([stage]) => ({ stage, version, enters: event.kind === 'registration', commits: [event.commit] }));
}

/** What a deprecation changes: every stage that offers a version of the artifact, which it says no longer to use. */
function deprecationConcerns({ name, events }: ArtifactState, event: ResolvedEvent): Concern[] {
  if (events[event.place - 1]?.kind === 'deprecation') return [];
  const before = artifactStateOf(name, events.slice(0, event.place));
  return [...versionsByStage(before)].flatMap(([stage, held]) =>
    held.map(({ version }) => ({ stage, version: version.id, enters: false, commits: [event.commit] })),
  );
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

/** The changes of an event to stages that have a policy. */
export const policedConcerns = (policy: Policy, artifact: ArtifactState, event: ResolvedEvent): Concern[] =>
  concernsOf(artifact, event).filter(({ stage }) => Object.hasOwn(policy, stage));

/** The rules that an event of an artifact violates; `artifact` holds the event and all before it. */
export function judge(
  policy: Policy,
  artifact: ArtifactState,
  event: ResolvedEvent,
  facts: Facts,
): Violation[] {
  return policedConcerns(policy, artifact, event).flatMap((concern) => {
    const subject = `${artifact.name} ${versionLabel(concern.version)}`;
    const one = { ...concern, artifact, event, policy: policy[concern.stage] ?? {}, facts, subject };
    return RULES.filter(({ when }) => when === 'always' || concern.enters).flatMap(({ rule, check }) => {
      const problem = check(one);
      return problem === undefined ? [] : [{ rule, ...problem }];
    });
  });
}

/** One event and the policy of one stage that it changes. */
interface Case extends Concern {
  artifact: ArtifactState;
  event: ResolvedEvent;
  policy: StagePolicy;
  facts: Facts;
  /** What the event is about, for messages: `churn v1.2.0`. */
  subject: string;
}

/** What a rule finds wrong. */
type Problem = Omit<Violation, 'rule'>;

/** Every rule, in the order of the messages. An event that takes a version out of a stage brings nothing new into it. */
const RULES: readonly {
  rule: PolicyRule;
  when: 'always' | 'entering';
  check: (one: Case) => Problem | undefined;
}[] = [
  { rule: 'name', when: 'always', check: hasOwnName },
  { rule: 'commit', when: 'entering', check: isAtItsCommit },
  { rule: 'after', when: 'entering', check: wasInStageBefore },
  { rule: 'branch', when: 'entering', check: isOnBranch },
  { rule: 'by', when: 'always', check: isByOneOf },
  { rule: 'signed', when: 'always', check: isSigned },
  { rule: 'approvals', when: 'entering', check: isApproved },
];

/** The tag object has the name of its ref, so that no tag, signed or not, passes for another one. */
function hasOwnName({ event, stage }: Case): Problem | undefined {
  if (event.ownName === undefined) return undefined;
  return {
    message: `${event.tag} holds the tag object of '${event.ownName}', so it says nothing about ${stage}`,
    hint: 'a tag is made under its own name; delete this one',
  };
}

/** An assignment is at the commit that its version stands for. */
function isAtItsCommit({ event, commits, subject }: Case): Problem | undefined {
  const [tagged = '', registered] = commits;
  if (registered === undefined) return undefined;
  return {
    message: `${event.tag} is at commit ${short(tagged)}, and ${subject} is registered at ${short(registered)}`,
    hint: `assign the version itself: reg assign ${event.artifact}@${event.of} ${'stage' in event ? event.stage : ''}`.trim(),
  };
}

/**
 * The version was in another stage before: assigned to it by an earlier event, as the commit that it is now. It must still
 * be active, but may have left that stage.
 */
function wasInStageBefore({
  artifact,
  event,
  version,
  stage,
  commits,
  policy,
  subject,
}: Case): Problem | undefined {
  const before = policy.after;
  if (before === undefined) return undefined;
  const hint = `put it there first: reg assign ${artifact.name}@${version} ${before}`;
  if (event.kind === 'assignment' && versionEventBefore(event, artifact)?.kind === 'deregistration')
    return { message: `${subject} was deregistered before ${event.tag} put it into ${stage}`, hint };
  const wasThere = artifact.events.some(
    (one) =>
      one.place < event.place &&
      one.of === version &&
      one.kind === 'assignment' &&
      one.stage === before &&
      commits.includes(one.commit),
  );
  if (wasThere) return undefined;
  return { message: `${subject} was never in ${before}, and ${stage} takes only what was`, hint };
}

/** The commit is on a branch: merged, and so reviewed the way that branch is protected. */
function isOnBranch({ commits, policy, facts, stage, subject }: Case): Problem | undefined {
  if (policy.branch === undefined) return undefined;
  const strays = facts.strays.get(policy.branch);
  const stray = commits.find((commit) => strays === undefined || strays.has(commit));
  if (stray === undefined) return undefined;
  return {
    message: `${subject} is commit ${short(stray)}, which is not on ${policy.branch}, and ${stage} takes only what is`,
    hint: `merge it into ${policy.branch} first, and push that`,
  };
}

/** Whether a tagger is among the addresses of `by`. Letter case is ignored. */
export const mayChange = (by: readonly string[], { email }: Pick<Tagger, 'email'>): boolean =>
  by.some((one) => one.toLowerCase() === email.toLowerCase());

/** The tagger is allowed to change the stage. Anyone can write an address; `signed` makes it one that a key stands for. */
function isByOneOf({ event, policy, stage, artifact }: Case): Problem | undefined {
  if (policy.by === undefined || mayChange(policy.by, event.tagger)) return undefined;
  return {
    message: `${event.tagger.email} may not change ${stage} of ${artifact.name}`,
    hint:
      policy.by.length === 0
        ? 'the policy names no one who may'
        : `ask one of those who may: ${policy.by.join(', ')}`,
  };
}

/** The tag is signed, with a key that stands for the address of its tagger. */
function isSigned({ event, policy, stage, facts }: Case): Problem | undefined {
  if (!policy.signed) return undefined;
  const signature = facts.signatures.get(event.tagOid);
  if (signature === 'coming') return undefined;
  const problem = (message: string, hint: string) => ({ message: `${event.tag} ${message}`, hint });
  switch (signature?.verdict) {
    case 'good': {
      const signer = signature.signer ?? '';
      if (standsFor(signer, event.tagger.email)) return undefined;
      return problem(
        `is signed by ${signer}, and its tagger is ${event.tagger.email}`,
        'a tag is signed by who makes it: set user.email and user.signingKey of the same person',
      );
    }
    case 'bad':
      return problem(
        'has a signature that is not right',
        'do not trust it: delete the tag and write it again',
      );
    case 'unknown':
      return problem(
        `is signed with a key that is not among the signers${signature.key === null ? '' : `: ${signature.key}`}`,
        'add the key to the file of signers on the protected branch, if it is that of a colleague',
      );
    default:
      return problem(
        `is not signed, and ${stage} asks for it`,
        'sign it: add --sign, or git config tag.gpgSign true',
      );
  }
}

/** Enough others than the tagger have approved. */
function isApproved(one: Case): Problem | undefined {
  const { policy, facts, event, artifact, version, stage, subject } = one;
  const wanted = policy.approvals ?? 0;
  if (wanted === 0) return undefined;
  const counting = countingFor(one);
  const found = approvalsThatCount(one, facts.approvals, counting);
  if (found.length >= wanted) return undefined;
  const approvers = found.map(({ tagger }) => tagger.email);
  const from = approvers.length === 0 ? '' : `, from ${approvers.join(' and ')}`;
  const unnamed =
    counting.named === undefined
      ? 0
      : approvalsThatCount(one, facts.approvals, { ...counting, named: undefined }).length - found.length;
  const others = unnamed === 0 ? '' : `; ${unnamed} more that ${event.tag} does not name`;
  return {
    message: `${subject} has ${found.length} of ${wanted} approvals for ${stage}${from}${others}`,
    hint: `${policy.approvers?.join(', ') ?? `others than ${event.tagger.email}`} approve with: reg approve ${artifact.name}@${version} ${stage} --push`,
  };
}

/** Which approvals count for an event: those that it names, and for older events of an artifact those of its time. */
function countingFor({ artifact, event, policy, facts }: Case): Counting {
  const { tagger, time } = event;
  const who = {
    tagger,
    approvers: policy.approvers,
    signatures: policy.signed ? written(facts.signatures) : undefined,
  };
  return namesApprovals(artifact, event) ? { ...who, named: event.approvals ?? [] } : { ...who, time };
}

/**
 * Whether an event must name its approvals. It need not where it was there for certain before the first event of the artifact that
 * names some (docs/specification.md, 3 State, What a write decides).
 */
function namesApprovals(artifact: ArtifactState, event: ResolvedEvent): boolean {
  if (event.approvals !== undefined) return true;
  const first = artifact.events.find(({ approvals }) => approvals !== undefined);
  if (first === undefined) return false;
  const before = unnaming.get(artifact) ?? tagsBefore(artifact, ({ place }) => place < first.place);
  unnaming.set(artifact, before);
  return !before.has(event.tag);
}

/** The tags before the first one that names approvals. To find them for each event again would take long. */
const unnaming = new WeakMap<ArtifactState, ReadonlySet<string>>();

/** The tag objects of the approvals that an event which is to be written can name. */
export const approvalsToName = (
  policy: Policy,
  artifact: ArtifactState,
  event: ResolvedEvent,
  approvals: readonly Approval[],
): Oid[] =>
  policedConcerns(policy, artifact, event).flatMap((concern) => {
    const { approvals: wanted = 0, approvers } = policy[concern.stage] ?? {};
    if (wanted === 0 || !concern.enters) return [];
    const counting = { tagger: event.tagger, approvers };
    return approvalsThatCount(concern, approvals, counting).map(({ tagOid }) => tagOid);
  });

const written = (signatures: Facts['signatures']): ReadonlyMap<Oid, Signature> =>
  new Map([...signatures].filter((entry): entry is [Oid, Signature] => entry[1] !== 'coming'));
