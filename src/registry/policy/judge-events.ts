import type { ArtifactState, ResolvedEvent } from '../../domain/artifact.js';
import type { Oid } from '../../domain/event.js';
import type { ArtifactName } from '../../domain/names.js';
import type { Approval } from '../../domain/policy/approval.js';
import { type Facts, judge, policedConcerns } from '../../domain/policy/judge.js';
import type { StagePolicy, Violation } from '../../domain/policy/policy.js';
import type { Signature } from '../../domain/policy/signature.js';
import type { RegistryRepository } from '../../git/port.js';
import { readApprovals } from './approvals.js';
import { type RulesInForce, requireTip } from './rules-in-force.js';
import type { Vantage } from './vantage.js';

/** An event to judge, in the artifact that holds it. */
export interface Suspect {
  artifact: ArtifactState;
  event: ResolvedEvent;
}

/** What is to be judged, by which rules, seen from where. */
export interface Trial {
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
export type Verdict = Suspect & { violations: readonly Violation[] };

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
