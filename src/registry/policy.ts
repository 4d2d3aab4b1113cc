import { isDeepStrictEqual } from 'node:util';
import { CONFIG_FILE, type Config, DEFAULT_CONFIG, readConfig } from '../config/config.js';
import type { RuleLevels } from '../config/rule-levels.js';
import { type Approval, approvalOf, approvalsOf } from '../domain/approval.js';
import { type Event, eventOf, type Oid } from '../domain/event.js';
import type { ArtifactName } from '../domain/names.js';
import { messageOf, type Plan, type PlannedTag } from '../domain/plan.js';
import {
  concernsOf,
  type Facts,
  judge,
  type Policy,
  policedConcerns,
  type StagePolicy,
  type Violation,
} from '../domain/policy.js';
import type { Signature } from '../domain/signature.js';
import { type ArtifactState, artifactStateOf, type ResolvedEvent } from '../domain/state.js';
import { RegError } from '../errors.js';
import type { Identity, PeeledTagRef, RefTips, RegistryRepository } from '../git/port.js';
import { once } from '../once.js';
import { bringMissing } from './catch-up.js';
import type { RegistryContext } from './context.js';
import { readerAt } from './load-config.js';
import type { Reach } from './reach.js';

/** From where the rules of a team are looked at, which is where its branches are protected. */
export type Vantage =
  /** The remote, as it is now. */
  | { kind: 'remote'; remote: string }
  /** What this clone remembers of it. */
  | { kind: 'memory'; remote: string }
  /** This repository: there is no other. */
  | { kind: 'here' };

/** The vantage of a write that reaches so far. */
const vantageOfReach = ({ asks, remote, note }: Reach): Vantage => {
  if (asks) return { kind: 'remote', remote };
  // there is a note where there is a remote that was not asked
  return note === undefined ? { kind: 'here' } : { kind: 'memory', remote };
};

/** Finds the vantage of a registry: its remote where it has one, unless that is not to be asked. */
export async function vantageOf(
  { repository, config }: RegistryContext,
  offline: boolean | undefined,
): Promise<Vantage> {
  if (repository.url !== undefined) return { kind: 'remote', remote: repository.url };
  const { remote } = await config();
  if (!(await repository.hasRemote(remote))) return { kind: 'here' };
  return { kind: offline ? 'memory' : 'remote', remote };
}

/**
 * The rules that hold for a registry, taken from its protected branch: the default branch of where it is shared. What a pull
 * request or a tagged commit says of them never counts.
 */
interface RulesInForce {
  policy: Policy;
  /** Levels of the rules of `validate`, where their own do not suit. */
  levels: RuleLevels;
  /** The file of who may sign; undefined where there is none, and then git's configuration knows. */
  signers(): Promise<Uint8Array | undefined>;
  /** The commit that a branch leads to there; undefined when there is no such branch. */
  tip(branch: string): Promise<Oid | undefined>;
}

/**
 * Reads the rules in force.
 * @param tips the branches of the remote, where it was asked already
 * @throws RegError REMOTE_FAILED, INVALID_CONFIG
 */
export async function rulesInForce(
  context: RegistryContext,
  vantage: Vantage,
  tips?: RefTips,
): Promise<RulesInForce> {
  const branches = branchesAt(context, vantage, tips);
  const { repository, workTree } = context;
  const files = await workTree();
  if (vantage.kind === 'here' && files !== undefined) {
    const config = await context.config();
    const { policy, rules: levels } = config;
    return { policy, levels, signers: once(() => files.read(config.signers)), tip: branches };
  }
  const head = await branches(undefined);
  const read = readerAt(repository, head);
  const bytes = await read(CONFIG_FILE).catch(async (error: unknown) => {
    // the remote may have gone on
    if (vantage.kind !== 'remote' || head === undefined || !isMissing(error)) throw error;
    await bringCommit(repository, vantage.remote, head);
    return read(CONFIG_FILE);
  });
  const { policy, signers, rules: levels }: Config = bytes ? readConfig(bytes) : DEFAULT_CONFIG;
  return { policy, levels, signers: once(() => read(signers)), tip: branches };
}

const isMissing = (error: unknown): boolean => error instanceof RegError && error.code === 'GIT_FAILED';

/** Finds the tip of a branch, or of the default one. */
type Branches = (branch: string | undefined) => Promise<Oid | undefined>;

/** Branches are taken by their full names: what git makes of a short one may be a tag, which anybody may have pushed. */
function branchesAt({ repository }: RegistryContext, vantage: Vantage, tips: RefTips | undefined): Branches {
  const start = vantage.kind === 'memory' ? `refs/remotes/${vantage.remote}/` : 'refs/heads/';
  const remote = vantage.kind === 'remote' ? vantage.remote : '.';
  const refs = once(async () => tips ?? repository.listRemoteRefs(remote, ['HEAD', `${start}*`]));
  // not every clone remembers which branch is the default one, and HEAD of a server may name one that nobody pushed
  const defaults = [
    vantage.kind === 'memory' ? `${start}HEAD` : 'HEAD',
    `${start}main`,
    `${start}master`,
    'HEAD',
  ];
  return async (branch) => {
    const held = await refs();
    const names = branch === undefined ? defaults : [start + branch];
    return names.flatMap((name) => held.get(name) ?? [])[0];
  };
}

/** Brings a commit of a remote here, where it is not. */
const bringCommit = (repository: RegistryRepository, remote: string, commit: Oid): Promise<void> =>
  bringMissing(repository, remote, [{ name: 'HEAD', oid: commit, peeledOid: undefined }]);

/**
 * The tip of a branch that a policy names; the commit is here then.
 * @throws RegError UNKNOWN_REV, REMOTE_FAILED
 */
async function requireTip(
  repository: RegistryRepository,
  vantage: Vantage,
  rules: RulesInForce,
  branch: string,
): Promise<Oid> {
  const tip = await rules.tip(branch);
  if (tip === undefined)
    throw new RegError(
      'UNKNOWN_REV',
      `the policy names the branch ${branch}, and there is none`,
      'push that branch, or change policy: in .reg.yaml',
    );
  if (vantage.kind === 'remote') await bringCommit(repository, vantage.remote, tip);
  return tip;
}

/**
 * Says that the rules of a team in the work tree are not the ones that are asked; undefined where they say the same, and where
 * the work tree says nothing. Signers are compared where a stage asks for them.
 */
export async function ignoredHere(
  context: RegistryContext,
  vantage: Vantage,
  rules: RulesInForce,
): Promise<string | undefined> {
  if (vantage.kind === 'here') return undefined;
  const files = await context.workTree();
  if (files === undefined || (await files.read(CONFIG_FILE)) === undefined) return undefined;
  const config = await context.config();
  const asked = `the default branch of ${vantage.remote}`;
  if (!isDeepStrictEqual(config.policy, rules.policy))
    return `the policy in ${CONFIG_FILE} here is not that of ${asked}, which is the one asked`;
  if (!Object.values(rules.policy).some(({ signed }) => signed)) return undefined;
  const [here, there] = await Promise.all([files.read(config.signers), rules.signers()]);
  return isDeepStrictEqual(here && Buffer.from(here), there && Buffer.from(there))
    ? undefined
    : `the signers in ${config.signers} here are not those of ${asked}, which are the ones asked`;
}

/** Who writes, whether signed, and from where the rules are looked at. */
type Author = Reach & { identity: Identity; sign: boolean };

/** Asks the rules of a team about a write, before anything is written. */
interface PolicyGuard {
  /**
   * @param tips the branches of the remote, where it was asked already
   * @throws RegError POLICY when a stage does not take what is planned
   */
  refusePlan(plan: Plan, artifact: ArtifactState, tips: RefTips | undefined): Promise<void>;
  /**
   * Looks at the tag objects of a plan while no ref leads to them.
   * @throws RegError POLICY when they are signed with a key that does not count
   */
  refuseSignatures(
    tags: readonly { oid: Oid | null }[],
    plan: Plan,
    artifact: ArtifactState,
    tips: RefTips | undefined,
  ): Promise<void>;
  /** What to say about the rules that were asked, if any were. */
  note(): Promise<string | undefined>;
}

/**
 * Makes the guard of one write. The rules are read once, and not at all when nothing touches a stage.
 * @param author the rules are those of where the write is decided
 */
export function policyGuard(context: RegistryContext, author: Author): PolicyGuard {
  const { repository } = context;
  const vantage = vantageOfReach(author);
  let known: Promise<RulesInForce> | undefined;
  const court = async (tips: RefTips | undefined) => {
    known ??= rulesInForce(context, vantage, tips);
    return { repository, vantage, rules: await known };
  };
  return {
    refusePlan: async ({ tags, deletes = [] }, artifact, tips) => {
      const oids = tags.map(({ tagName }) => `planned ${tagName}`);
      const suspects = plannedSuspects(tags, artifact, author, oids);
      const touched = deletes.filter((event) => concernsOf(artifact, event).length > 0);
      if (suspects.length === 0 && touched.length === 0) return;
      const { rules, ...place } = await court(tips);
      refuseDeletes(touched, artifact, rules.policy);
      const coming = new Set(author.sign ? oids : []);
      refuseAny(await judgeEvents({ ...place, rules, suspects, coming }));
    },
    refuseSignatures: async (made, { tags }, artifact, tips) => {
      const oids = made.map(({ oid }) => oid ?? '');
      const suspects = author.sign ? plannedSuspects(tags, artifact, author, oids) : [];
      if (suspects.length === 0) return;
      const { rules, ...place } = await court(tips);
      // the other rules were asked before
      const policy = Object.fromEntries(
        Object.entries(rules.policy).map(([stage, { signed }]) => [stage, { signed }]),
      );
      refuseAny(await judgeEvents({ ...place, rules: { ...rules, policy }, suspects }));
    },
    note: async () => known && ignoredHere(context, vantage, await known),
  };
}

/** The planned events that touch a stage, as they will be, in the artifact as it will be. */
function plannedSuspects(
  tags: readonly PlannedTag[],
  artifact: ArtifactState,
  author: Author,
  oids: readonly Oid[],
): Suspect[] {
  const events = tags.map((tag, index) => plannedEvent(tag, author, oids[index] ?? ''));
  const after = artifactStateOf(artifact.name, [...artifact.events, ...events]);
  return after.events
    .filter((event) => oids.includes(event.tagOid) && concernsOf(after, event).length > 0)
    .map((event) => ({ artifact: after, event }));
}

function plannedEvent(tag: PlannedTag, { identity: { name, email }, sign }: Author, oid: Oid): Event {
  const { tagName, commit, date } = tag;
  const made = {
    name: tagName,
    oid,
    commit,
    tagger: { name, email },
    date,
    message: messageOf(tag, undefined),
  };
  return eventOf(tag.event, sign ? { ...made, signed: true } : made);
}

function refuseAny(verdicts: readonly { violations: readonly Violation[] }[]): void {
  const violations = verdicts.flatMap((one) => one.violations);
  const [first] = violations;
  if (first === undefined) return;
  throw new RegError('POLICY', violations.map(({ message }) => message).join('; '), first.hint);
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

/** An event to judge, in the artifact that holds it. */
export interface Suspect {
  artifact: ArtifactState;
  event: ResolvedEvent;
}

/** What is to be judged, by which rules, seen from where. */
interface Trial {
  repository: RegistryRepository;
  rules: RulesInForce;
  vantage: Vantage;
  suspects: readonly Suspect[];
  /** Tag objects that will be signed once they are written. */
  coming?: ReadonlySet<Oid>;
  /** Approvals that are not there yet, and come with these events. */
  approvals?: readonly Approval[];
}

/** What an event violates. */
type Verdict = Suspect & { violations: readonly Violation[] };

/**
 * Judges events by the policy of the stages that they touch. What only git knows is asked once for all of them.
 * @returns those that violate something
 * @throws RegError SHALLOW, UNKNOWN_REV, REMOTE_FAILED
 */
export async function judgeEvents(trial: Trial): Promise<Verdict[]> {
  const { policy } = trial.rules;
  const policed = trial.suspects.filter(
    ({ artifact, event }) => policedConcerns(policy, artifact, event).length > 0,
  );
  if (policed.length === 0) return [];
  const approvals = await approvalsFor(trial, policed);
  const [strays, signatures] = await Promise.all([
    straysAmong(trial, policed),
    signaturesOf(trial, policed, [...approvals.values()].flat()),
  ]);
  return policed.flatMap(({ artifact, event }) => {
    const facts: Facts = { strays, signatures, approvals: approvals.get(artifact.name) ?? [] };
    const violations = judge(policy, artifact, event, facts);
    return violations.length === 0 ? [] : [{ artifact, event, violations }];
  });
}

/** Whether the policy of a stage that an event touches asks for something. */
const asks = (
  { rules }: Trial,
  { artifact, event }: Suspect,
  what: (policy: StagePolicy) => unknown,
): boolean =>
  policedConcerns(rules.policy, artifact, event).some(({ stage }) => what(rules.policy[stage] ?? {}));

async function approvalsFor(
  trial: Trial,
  policed: readonly Suspect[],
): Promise<Map<ArtifactName, readonly Approval[]>> {
  const wanting = policed.filter((one) => asks(trial, one, ({ approvals }) => approvals));
  const names = new Set(wanting.map(({ artifact }) => artifact.name));
  const found = new Map<ArtifactName, readonly Approval[]>();
  for (const name of names) {
    const coming = (trial.approvals ?? []).filter(({ artifact }) => artifact === name);
    found.set(name, [...(await readApprovals(trial.repository, name, trial.vantage)), ...coming]);
  }
  return found;
}

async function straysAmong(
  { repository, vantage, rules }: Trial,
  policed: readonly Suspect[],
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
  for (const [branch, asked] of commits)
    strays.set(
      branch,
      await repository.strays(await requireTip(repository, vantage, rules, branch), [...asked]),
    );
  return strays;
}

async function signaturesOf(
  trial: Trial,
  policed: readonly Suspect[],
  approvals: readonly Approval[],
): Promise<Map<Oid, Signature | 'coming'>> {
  const { repository, rules, coming = new Set() } = trial;
  const concerned = policed.filter((one) => asks(trial, one, ({ signed }) => signed));
  if (concerned.length === 0) return new Map();
  const tags = [...concerned.map(({ event }) => event), ...approvals];
  const signed = tags.filter((one) => one.signed && !coming.has(one.tagOid)).map(({ tagOid }) => tagOid);
  const found = signed.length === 0 ? [] : await repository.checkSignatures(signed, await rules.signers());
  return new Map<Oid, Signature | 'coming'>([
    ...found,
    ...[...coming].map((oid) => [oid, 'coming'] as const),
  ]);
}

const TAGS = 'refs/tags/';

/** The approvals of an artifact that are valid in themselves, as they are at a vantage; what they approve of is theirs to say. */
async function readApprovals(
  repository: RegistryRepository,
  artifact: ArtifactName,
  vantage: Vantage,
): Promise<Approval[]> {
  const remote = vantage.kind === 'remote' ? vantage.remote : '.';
  const start = TAGS + approvalsOf(artifact);
  const held = await repository.listRemoteRefs(remote, [`${start}*`]);
  // a pattern also matches further down (git-ls-remote(1))
  const refs = [...held]
    .filter(([refName]) => refName.startsWith(start))
    .map(([refName, oid]): PeeledTagRef => ({ name: refName.slice(TAGS.length), oid, peeledOid: undefined }));
  if (vantage.kind === 'remote') await bringMissing(repository, vantage.remote, refs);
  return approvalsIn(await repository.readTags(refs), artifact);
}

/** The approvals among tags, of one artifact. */
const approvalsIn = (
  readings: Awaited<ReturnType<RegistryRepository['readTags']>>,
  artifact: ArtifactName,
): Approval[] =>
  readings.flatMap((one) => {
    const approval = 'tag' in one ? approvalOf(one.tag) : { problem: one.detail };
    return 'problem' in approval || approval.artifact !== artifact ? [] : [approval];
  });
