import { isDeepStrictEqual } from 'node:util';
import { CONFIG_FILE, type Config, type RuleLevels } from '../documents/config.js';
import { APPROVALS, type Approval, approvalOf, approvalsOf, parseApprovalName } from '../domain/approval.js';
import { type ArtifactState, artifactStateOf, type ResolvedEvent } from '../domain/artifact.js';
import { type Event, eventOf, type Oid } from '../domain/event.js';
import type { ArtifactName } from '../domain/names.js';
import { messageOf, type Plan, type PlannedTag } from '../domain/plan.js';
import {
  approvalsToName,
  concernsOf,
  type Facts,
  judge,
  type Policy,
  policedConcerns,
  type StagePolicy,
  type Violation,
} from '../domain/policy.js';
import { tagNameOf, tagRef } from '../domain/refs.js';
import type { Signature } from '../domain/signature.js';
import { RegError } from '../errors.js';
import {
  type RefTips,
  type RegistryRepository,
  requireBranches,
  requireRemote,
  requireSignatures,
  type TagReading,
  type TagRef,
} from '../git/port.js';
import { memoize, once } from '../util/async.js';
import { shellLine } from '../util/shell.js';
import { bringMissing } from './catch-up.js';
import type { RegistryContext } from './context.js';
import { damageOf } from './damage.js';
import { excludingAs } from './exclusion.js';
import { formerNames } from './former-names.js';
import { configIn, readerAt } from './load-config.js';
import type { WriteTarget } from './write-target.js';

/** Where the rules of a team are read: where its branches are protected. */
export type RulesSource =
  /** The remote, as it is now. */
  | { kind: 'remote'; remote: string }
  /** The remote-tracking branches of this clone. */
  | { kind: 'tracking'; remote: string }
  /** This repository, which has no remote. */
  | { kind: 'here' };

/** The source of the rules for a registry: its remote where it has one, unless that is not to be asked. */
export async function rulesSourceOf(
  { repository, remote: chosen }: RegistryContext,
  offline: boolean | undefined,
): Promise<RulesSource> {
  if (repository.address !== undefined) return { kind: 'remote', remote: repository.address };
  const remote = await chosen();
  if (!(await repository.hasRemote(remote))) return { kind: 'here' };
  return { kind: offline ? 'tracking' : 'remote', remote };
}

/** The source of the rules for a write. */
const sourceForWrite = ({ asks, remote, note }: WriteTarget): RulesSource => {
  if (asks) return { kind: 'remote', remote };
  // there is a note where there is a remote that was not asked
  return note === undefined ? { kind: 'here' } : { kind: 'tracking', remote };
};

/**
 * The rules that hold for a registry, from its protected branch: the default branch at their source. What a pull request or a
 * tagged commit says about them never counts.
 */
export interface Rules {
  source: RulesSource;
  /** The whole configuration that they are a part of. */
  config: Config;
  /** The commit of the default branch that it was read from; undefined without one, and for a work tree. */
  head?: Oid | undefined;
  policy: Policy;
  /** Levels of the rules of `validate`, where they differ from the default. */
  levels: RuleLevels;
  /** The file of those who may sign; undefined without such a file: then git's configuration counts. */
  signers(): Promise<Uint8Array | undefined>;
  /** The commit that a branch leads to at the source; undefined without such a branch. */
  tip(branch: string): Promise<Oid | undefined>;
}

/**
 * Reads the rules that hold.
 * @param tips the branches of the remote, where it was asked already
 * @throws RegError REMOTE_FAILED, also where no remote-tracking branch tells; INVALID_CONFIG
 */
export async function readRules(
  context: RegistryContext,
  source: RulesSource,
  tips?: RefTips,
): Promise<Rules> {
  const { repository } = context;
  const tip = branchesAt(context, await branchesOf(context, source), tips);
  const head = await tip(undefined);
  if (source.kind === 'tracking' && head === undefined)
    throw new RegError(
      'REMOTE_FAILED',
      `the default branch of ${source.remote} is not here, so its rules are not known`,
      `fetch it first: ${shellLine('git', 'fetch', source.remote)}, or leave out --offline`,
    );
  const read = readerAt(repository, head);
  await read(CONFIG_FILE).catch(async (error: unknown) => {
    // the remote may have a newer commit than this clone
    if (source.kind !== 'remote' || head === undefined || !isMissing(error)) throw error;
    await bringCommit(repository, source.remote, head);
  });
  const config = await configIn(read, context.around.env);
  const { policy, signers, rules: levels } = config;
  return { source, config, head, policy, levels, signers: once(() => read(signers)), tip };
}

/**
 * A registry as what judges it sees it: where its configuration excludes artifacts, those that the protected branch excludes. So a
 * change under review hides no artifact.
 * @throws RegError what reading the rules throws
 */
export async function judgedRegistry(
  context: RegistryContext,
  offline: boolean | undefined,
): Promise<RegistryContext> {
  if ((await context.exclusion()) === undefined) return context;
  const { config } = await readRules(context, await rulesSourceOf(context, offline));
  return excludingAs(context, config.artifacts.exclude);
}

/** In a mirror the branches here are those of its remote. */
async function branchesOf({ repository }: RegistryContext, source: RulesSource): Promise<RulesSource> {
  const isMirror = source.kind === 'tracking' && (await repository.remotes()).mirrors?.has(source.remote);
  return isMirror ? { kind: 'here' } : source;
}

const isMissing = (error: unknown): boolean => error instanceof RegError && error.code === 'GIT_FAILED';

/** Finds the tip of a branch, or of the default one. */
type Branches = (branch: string | undefined) => Promise<Oid | undefined>;

/** Branches are taken by their full names: git may resolve a short name to a tag, which anyone may have pushed. */
function branchesAt(
  { repository, workTree }: RegistryContext,
  source: RulesSource,
  tips: RefTips | undefined,
): Branches {
  const start = source.kind === 'tracking' ? `refs/remotes/${source.remote}/` : 'refs/heads/';
  const remote = source.kind === 'remote' ? source.remote : '.';
  const refs = once(async () => {
    if (tips !== undefined) return tips;
    // without the git program there is no remote to ask, and here none is needed
    if (source.kind !== 'remote' && repository.remote === undefined) return repository.tips();
    return requireRemote(repository, remote).listRefs(['HEAD', `${start}*`]);
  });
  const usual = [`${start}main`, `${start}master`];
  return async (branch) => {
    const held = await refs();
    // HEAD of a work tree may be any branch; at a server it names the default one
    const isCheckedOut = source.kind === 'here' && (await workTree()) !== undefined;
    // not every clone knows which branch is the default one, and HEAD of a server may name one that was never pushed
    const first = source.kind === 'tracking' ? [`${start}HEAD`] : isCheckedOut ? [] : ['HEAD'];
    // HEAD of a checkout may be a change under review
    const last = source.kind === 'tracking' ? [] : ['HEAD'];
    const names = branch === undefined ? [...first, ...usual, ...last] : [start + branch];
    return names.flatMap((name) => held.get(name) ?? [])[0];
  };
}

/** Brings a commit of a remote here, where it is missing. */
const bringCommit = (repository: RegistryRepository, remote: string, commit: Oid): Promise<void> =>
  bringMissing(repository, remote, [{ name: 'HEAD', oid: commit, peeled: undefined }]);

/**
 * The note that the rules in the work tree are not the ones that hold; undefined where they are the same, and where the work
 * tree has none. Signers are compared where a stage demands signatures.
 */
export async function ignoredHere(
  context: RegistryContext,
  { source, policy, signers }: Rules,
): Promise<string | undefined> {
  const files = await context.workTree();
  if (files === undefined || (await files.read(CONFIG_FILE)) === undefined) return undefined;
  const config = await context.config();
  const asked = source.kind === 'here' ? 'the default branch' : `the default branch of ${source.remote}`;
  if (!isDeepStrictEqual(config.policy, policy))
    return `the policy in ${CONFIG_FILE} here is not that of ${asked}, which is the one asked`;
  if (!Object.values(policy).some(({ signed }) => signed)) return undefined;
  const [here, there] = await Promise.all([files.read(config.signers), signers()]);
  return isDeepStrictEqual(here && Buffer.from(here), there && Buffer.from(there))
    ? undefined
    : `the signers in ${config.signers} here are not those of ${asked}, which are the ones asked`;
}

/** What a write is about to do. */
export interface Intent {
  plan: Plan;
  /** Older events that its push takes along. */
  brought: readonly ResolvedEvent[];
  /** The artifact as it is before the plan, with these events. */
  artifact: ArtifactState;
  /** The branches of the remote, where it was asked already. */
  tips: RefTips | undefined;
}

/** Holds one write against the rules of a team, before a ref leads to what it wrote. */
interface PolicyGuard {
  /**
   * Holds a plan against the rules, with the events that its push takes along, and gives it with the approvals that its tags rest on.
   * @throws RegError POLICY when the policy of a stage forbids the plan, or an event that a push takes along
   */
  approved(intent: Intent): Promise<Plan>;
  /**
   * Checks the signatures of stored tags.
   * @param oids the tag objects of the plan, in its order
   * @throws RegError POLICY when they are signed with a key that does not count
   */
  refuseSignatures(oids: readonly Oid[], intent: Intent): Promise<void>;
  /** The rules that hold. */
  rules(tips: RefTips | undefined): Promise<Rules>;
  /** The note about rules in the work tree that do not hold, where rules were read. */
  note(): Promise<string | undefined>;
}

/** Makes the guard of one write. The rules are read once, and not at all while no plan changes a stage. */
export function policyGuard(context: RegistryContext, target: WriteTarget): PolicyGuard {
  const { repository } = context;
  let reading: Promise<Rules> | undefined;
  const rulesWith = (tips: RefTips | undefined): Promise<Rules> => {
    reading ??= readRules(context, sourceForWrite(target), tips);
    return reading;
  };
  return {
    rules: rulesWith,
    approved: async ({ plan, brought, artifact, tips }) => {
      const { deletes = [] } = plan;
      const oids = plan.tags.map(({ tagName }) => `planned ${tagName}`);
      const along = new Set(brought.map(({ tagOid }) => tagOid));
      const broughtEvents = artifact.events
        .filter((event) => along.has(event.tagOid) && concernsOf(artifact, event).length > 0)
        .map((event) => ({ artifact, event }));
      const events = [...broughtEvents, ...plannedEvents(plan.tags, artifact, target, oids)];
      const deleted = deletes.filter((event) => concernsOf(artifact, event).length > 0);
      if (events.length === 0 && deleted.length === 0) return plan;
      const rules = await rulesWith(tips);
      refuseDeletes(deleted, artifact, rules.policy);
      const judging = { repository, rules, events, coming: new Set(target.sign ? oids : []) };
      const approvals = await approvalsFor(judging, events);
      const tags = namingApprovals(plan.tags, judging, approvals);
      const named = [...broughtEvents, ...plannedEvents(tags, artifact, target, oids)];
      const judged = await judgeEvents({ ...judging, events: named }, approvals);
      refuseViolations(judged.filter(({ event }) => !along.has(event.tagOid)));
      refuseAlong(judged);
      return { ...plan, tags };
    },
    refuseSignatures: async (oids, { plan: { tags }, artifact, tips }) => {
      const events = target.sign ? plannedEvents(tags, artifact, target, oids) : [];
      if (events.length === 0) return;
      const rules = await rulesWith(tips);
      // the other rules were asked before
      const policy = Object.fromEntries(
        Object.entries(rules.policy).map(([stage, { signed }]) => [stage, { signed }]),
      );
      refuseViolations(await judgeEvents({ repository, rules: { ...rules, policy }, events }));
    },
    note: async () => reading && ignoredHere(context, await reading),
  };
}

/** The planned tags, each with the approvals that its event rests on. */
const namingApprovals = (
  tags: readonly PlannedTag[],
  { rules, events }: Judging,
  approvals: ReadonlyMap<ArtifactName, readonly Approval[]>,
): PlannedTag[] =>
  tags.map((tag) => {
    const one = events.find(({ event }) => event.tag === tag.tagName);
    const found = one && approvals.get(one.artifact.name);
    if (one === undefined || found === undefined) return tag;
    const named = approvalsToName(rules.policy, one.artifact, one.event, found);
    return named.length === 0 ? tag : { ...tag, approvals: named };
  });

/** The planned events that change a stage, in the artifact as it will be with them. */
function plannedEvents(
  tags: readonly PlannedTag[],
  artifact: ArtifactState,
  target: WriteTarget,
  oids: readonly Oid[],
): EventOf[] {
  const events = tags.map((tag, index) => plannedEvent(tag, target, oids[index] ?? ''));
  const after = artifactStateOf(artifact.name, [...artifact.events, ...events]);
  return after.events
    .filter((event) => oids.includes(event.tagOid) && concernsOf(after, event).length > 0)
    .map((event) => ({ artifact: after, event }));
}

function plannedEvent(tag: PlannedTag, { identity: { name, email }, sign }: WriteTarget, oid: Oid): Event {
  const { tagName, commit, date } = tag;
  const message = messageOf(tag, undefined);
  const made = { name: tagName, oid, commit, tagger: { name, email }, date, message };
  return eventOf(tag.event, sign ? { ...made, signed: true } : made);
}

function refuseViolations(judged: readonly JudgedEvent[]): void {
  const violations = judged.flatMap((one) => one.violations);
  const [first] = violations;
  if (first === undefined) return;
  throw new RegError('POLICY', violations.map(({ message }) => message).join('; '), first.hint);
}

/** Refuses a push that would take along what the policy forbids. */
function refuseAlong([first]: readonly JudgedEvent[]): void {
  const [violation] = first?.violations ?? [];
  if (first === undefined || violation === undefined) return;
  const { tag } = first.event;
  throw new RegError(
    'POLICY',
    `${tag} is only here, and cannot be pushed with it: ${violation.message}`,
    `${violation.hint}; or take it back here: ${shellLine('git', 'tag', '--delete', tag)}`,
  );
}

function refuseDeletes(deletes: readonly ResolvedEvent[], artifact: ArtifactState, policy: Policy): void {
  for (const event of deletes)
    for (const { stage } of policedConcerns(policy, artifact, event))
      throw new RegError(
        'POLICY',
        `${event.tag} concerns ${stage}, which has a policy, and history is not deleted there`,
        'leave out --delete: another event takes it back, and both stay known',
      );
}

/** An event, in the artifact that holds it. */
export interface EventOf {
  artifact: ArtifactState;
  event: ResolvedEvent;
}

/** An event that violates rules. */
type JudgedEvent = EventOf & { violations: readonly Violation[] };

/** Events to judge, and the rules to judge them by. */
interface Judging {
  repository: RegistryRepository;
  rules: Rules;
  events: readonly EventOf[];
  /** Tag objects that will be signed once they are written. */
  coming?: ReadonlySet<Oid>;
  /** Approvals that arrive together with the events. */
  approvals?: readonly Approval[];
}

/**
 * Judges events by the policy of the stages that they change. Facts that only git knows are read once for all of them.
 * @param known the approvals by artifact, where they were read already
 * @returns the events that violate rules
 * @throws RegError SHALLOW, UNKNOWN_REV, REMOTE_FAILED
 */
export async function judgeEvents(
  judging: Judging,
  known?: ReadonlyMap<ArtifactName, readonly Approval[]>,
): Promise<JudgedEvent[]> {
  const { policy } = judging.rules;
  const policed = judging.events.filter(
    ({ artifact, event }) => policedConcerns(policy, artifact, event).length > 0,
  );
  if (policed.length === 0) return [];
  const approvals = known ?? (await approvalsFor(judging, policed));
  const [strays, signatures] = await Promise.all([
    straysAmong(judging, policed),
    signaturesOf(judging, policed, [...approvals.values()].flat()),
  ]);
  return policed.flatMap(({ artifact, event }) => {
    const facts: Facts = { strays, signatures, approvals: approvals.get(artifact.name) ?? [] };
    const violations = judge(policy, artifact, event, facts);
    return violations.length === 0 ? [] : [{ artifact, event, violations }];
  });
}

/** Whether the policy of a stage that an event changes has a rule. */
const demands = (
  { rules }: Judging,
  { artifact, event }: EventOf,
  rule: (policy: StagePolicy) => unknown,
): boolean =>
  policedConcerns(rules.policy, artifact, event).some(({ stage }) => rule(rules.policy[stage] ?? {}));

async function approvalsFor(
  judging: Judging,
  policed: readonly EventOf[],
): Promise<Map<ArtifactName, readonly Approval[]>> {
  const { repository, rules, approvals = [] } = judging;
  const wanting = policed.filter((one) => demands(judging, one, (policy) => policy.approvals));
  const found = new Map<ArtifactName, readonly Approval[]>();
  for (const [name, artifact] of new Map(wanting.map(({ artifact }) => [artifact.name, artifact]))) {
    const read = memoize((one: ArtifactName) => readApprovals(repository, one, rules.source));
    const arriving = approvals.filter((one) => one.artifact === name);
    const before = await approvalsBefore(repository, artifact, read);
    found.set(name, [...(await read(name)), ...before, ...arriving]);
  }
  return found;
}

/**
 * The approvals that versions of a renamed artifact had under its older names. One counts for the version and the commit that it is of, where
 * the registration under the new name took over that very version.
 */
export async function approvalsBefore(
  { tags }: RegistryRepository,
  { versions }: ArtifactState,
  read: (name: ArtifactName) => Promise<readonly Approval[]>,
): Promise<Approval[]> {
  const found: Approval[] = [];
  for (const { id, commit, event } of versions.values()) {
    const { renamedFrom } = event;
    if (renamedFrom === undefined) continue;
    for (const name of await formerNames(tags, { version: id, commit, renamedFrom }))
      found.push(...(await read(name)).filter((one) => one.version === id && one.commit === commit));
  }
  return found;
}

/**
 * The tags below a name, as they are at a source; for tags beside the events, such as approvals. Their objects are brought here, without refs.
 * @param start such as `reg/approve/`
 */
export async function readBelow(
  repository: RegistryRepository,
  start: string,
  source: RulesSource,
): Promise<TagReading[]> {
  const remote = source.kind === 'remote' ? source.remote : '.';
  const held = await requireRemote(repository, remote).listRefs([`${tagRef(start)}*`]);
  const refs = [...held].flatMap(([ref, oid]): TagRef[] => {
    const name = tagNameOf(ref);
    // a pattern also matches further down (git-ls-remote(1))
    return name?.startsWith(start) ? [{ name, oid, peeled: undefined }] : [];
  });
  if (source.kind === 'remote') await bringMissing(repository, source.remote, refs);
  return repository.tags.read(refs);
}

/** The valid approvals of an artifact or of all, as they are at a source; whether they fit an event is for the rules to say. */
export async function readApprovals(
  repository: RegistryRepository,
  artifact: ArtifactName | 'all',
  source: RulesSource,
): Promise<Approval[]> {
  const start = artifact === 'all' ? APPROVALS : approvalsOf(artifact);
  return (await readBelow(repository, start, source)).flatMap((one) => {
    if ('defect' in one && one.defect === 'missing' && isApprovalOf(one.ref, artifact))
      throw new RegError(
        'DAMAGED',
        `an approval cannot be read: ${damageOf(one.ref)}`,
        `delete it, so that it is given again: ${shellLine('git', 'update-ref', '-d', tagRef(one.ref.name))}`,
      );
    const approval = 'tag' in one ? approvalOf(one.tag) : { problem: one.detail };
    return 'problem' in approval || (artifact !== 'all' && approval.artifact !== artifact) ? [] : [approval];
  });
}

const isApprovalOf = ({ name }: TagRef, artifact: ArtifactName | 'all'): boolean =>
  artifact === 'all' || parseApprovalName(name)?.artifact === artifact;

/** By branch that a policy names, the commits of events that are not on it. */
async function straysAmong(
  { repository, rules }: Judging,
  policed: readonly EventOf[],
): Promise<Map<string, Set<Oid>>> {
  const commits = new Map<string, Set<Oid>>();
  for (const { artifact, event } of policed)
    for (const concern of policedConcerns(rules.policy, artifact, event)) {
      const branch = rules.policy[concern.stage]?.branch;
      if (branch === undefined || !concern.enters) continue;
      const asked = commits.get(branch) ?? new Set();
      for (const commit of concern.commits) asked.add(commit);
      commits.set(branch, asked);
    }
  const strays = new Map<string, Set<Oid>>();
  for (const [branch, asked] of commits) {
    const tip = await requireTip(repository, rules, branch);
    strays.set(branch, await requireBranches(repository).strays(tip, [...asked]));
  }
  return strays;
}

/**
 * The tip of a branch that a policy names; brings the commit here.
 * @throws RegError UNKNOWN_REV, REMOTE_FAILED
 */
async function requireTip(
  repository: RegistryRepository,
  { source, tip }: Rules,
  branch: string,
): Promise<Oid> {
  const commit = await tip(branch);
  if (commit === undefined)
    throw new RegError(
      'UNKNOWN_REV',
      `the policy names the branch ${branch}, and there is none`,
      'push that branch, or change policy: in .reg.yaml',
    );
  if (source.kind === 'remote') await bringCommit(repository, source.remote, commit);
  return commit;
}

async function signaturesOf(
  judging: Judging,
  policed: readonly EventOf[],
  approvals: readonly Approval[],
): Promise<Facts['signatures']> {
  const { repository, rules, coming = new Set() } = judging;
  const concerned = policed.filter((one) => demands(judging, one, ({ signed }) => signed));
  if (concerned.length === 0) return new Map();
  const tags = [...concerned.map(({ event }) => event), ...approvals];
  const signed = tags.filter((one) => one.signed && !coming.has(one.tagOid)).map(({ tagOid }) => tagOid);
  const signers = signed.length === 0 ? undefined : await rules.signers();
  const found = signed.length === 0 ? [] : await requireSignatures(repository).check(signed, signers);
  const signatures = new Map<Oid, Signature | 'coming'>(found);
  for (const oid of coming) signatures.set(oid, 'coming');
  return signatures;
}
