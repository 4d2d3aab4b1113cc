import { type Approval, approvalsThatCount } from '../domain/approval.js';
import {
  type ArtifactState,
  currentIn,
  latestVersion,
  type VersionState,
  versionsGreatestFirst,
} from '../domain/artifact.js';
import type { Oid } from '../domain/event.js';
import type { ArtifactName, StageName } from '../domain/names.js';
import { compareText } from '../domain/order.js';
import type { Policy, StagePolicy } from '../domain/policy.js';
import type { Signature } from '../domain/signature.js';
import { RegError } from '../errors.js';
import { requireRemote, requireSignatures } from '../git/port.js';
import type { RegistryContext } from './context.js';
import { noteOfFork } from './forks.js';
import { askMeant } from './meant.js';
import { readWhole } from './missing.js';
import { approvalsBefore, readApprovals, readRules, rulesSourceOf } from './policy.js';
import { isWithoutTags, type ReadOptions, reportMissing, requireArtifact } from './queries.js';
import type { ApprovedRow } from './rows.js';

/** How to look for approvals. */
export interface ApprovalsOptions {
  /** Does not ask the remote: this clone and its remote-tracking branches count. */
  offline?: boolean | undefined;
  /** Takes the artifacts whose tags are known to be partial; undefined where all are missing. */
  onMissing?: ReadOptions['onMissing'];
}

/**
 * What is approved for a stage, and what waits for approvals: by artifact and stage, greatest version first. A version waits
 * where its stage asks for approvals, and it is current in the stage that comes before, or without such a stage the latest one.
 * @param name one artifact, whose versions in the stage are listed too; by default all artifacts
 * @throws RegError UNKNOWN_ARTIFACT, REMOTE_FAILED, INVALID_CONFIG
 */
export async function approvals(
  context: RegistryContext,
  name: string | undefined,
  { offline, onMissing }: ApprovalsOptions,
): Promise<ApprovedRow[]> {
  if (name !== undefined)
    return askMeant(context, name, async (full) =>
      approvalsAmong(context, [await requireArtifact(context, full)], offline),
    );
  const { whole, unsure } = await readWhole(context, undefined);
  reportMissing(context, onMissing, unsure);
  await isWithoutTags(context, whole.length + unsure.size, onMissing);
  const artifacts = whole.filter(({ deprecated }) => !deprecated);
  const rows = await approvalsAmong(context, artifacts, offline);
  return rows.filter(({ state }) => state !== 'assigned');
}

/** The same of some artifacts as far as this clone knows; where it knows nothing, a note gives the reason. */
export const approvalsHere = (
  context: RegistryContext,
  artifacts: () => Promise<readonly ArtifactState[]>,
): Promise<ApprovedRow[]> =>
  artifacts()
    .then((some) => approvalsAmong(context, some, true))
    .catch((error: unknown) => {
      if (!(error instanceof RegError) || error.code === 'INTERRUPTED') throw error;
      context.note(`approvals are not shown: ${error.message}`);
      return [];
    });

async function approvalsAmong(
  context: RegistryContext,
  artifacts: readonly ArtifactState[],
  offline: boolean | undefined,
): Promise<ApprovedRow[]> {
  const [first, ...others] = artifacts;
  if (first === undefined) return [];
  const { repository } = context;
  const source = await rulesSourceOf(context, offline);
  const rules = await readRules(context, source);
  const found = await readApprovals(repository, others.length === 0 ? first.name : 'all', source);
  if (source.kind === 'remote' && repository.address === undefined && found.length === 0) {
    const { remote } = source;
    const list = () => requireRemote(repository, remote).listTags();
    const note = await noteOfFork(context, remote, list, (await repository.tags.list('all')).refs);
    if (note !== undefined) context.note(note);
  }
  const before = new Map<ArtifactName, Approval[]>();
  for (const artifact of artifacts)
    before.set(
      artifact.name,
      await approvalsBefore(repository, artifact, (name) => readApprovals(repository, name, source)),
    );
  found.push(...[...before.values()].flat());
  const signed = Object.values(rules.policy).some((policy) => policy.signed)
    ? found.filter((one) => one.signed).map(({ tagOid }) => tagOid)
    : [];
  const signatures =
    signed.length === 0
      ? new Map<Oid, Signature>()
      : await requireSignatures(repository).check(signed, await rules.signers());
  return artifacts
    .toSorted((a, b) => compareText(a.name, b.name))
    .flatMap((artifact) => {
      const renamed = before.get(artifact.name) ?? [];
      const own = [...found.filter((one) => one.artifact === artifact.name), ...renamed];
      return stagesOf(rules.policy, own).flatMap((stage) => {
        const policy = rules.policy[stage] ?? {};
        return rowsOf(artifact, stage, policy, own, policy.signed ? signatures : undefined);
      });
    });
}

/** The stages that ask for approvals, and those that have some. */
const stagesOf = (policy: Policy, found: readonly Approval[]): StageName[] => {
  const asking = (Object.keys(policy) as StageName[]).filter((stage) => policy[stage]?.approvals);
  return [...new Set([...asking, ...found.map(({ stage }) => stage)])].sort(compareText);
};

function rowsOf(
  artifact: ArtifactState,
  stage: StageName,
  { approvals: wanted = 0, approvers, after }: StagePolicy,
  found: readonly Approval[],
  signatures: ReadonlyMap<Oid, Signature> | undefined,
): ApprovedRow[] {
  const next = after === undefined ? latestVersion(artifact) : currentIn(artifact, after)?.version;
  return versionsGreatestFirst(artifact).flatMap((version): ApprovedRow[] => {
    const one = { version: version.id, stage, commits: [version.commit] };
    const by = approvalsThatCount(one, found, { approvers, signatures }).map(({ tagger }) => tagger.email);
    if (!version.active || (by.length === 0 && (wanted === 0 || version !== next))) return [];
    const { name } = artifact;
    const state = isIn(version, stage) ? 'assigned' : by.length >= wanted ? 'approved' : 'waiting';
    return [{ artifact: name, version: version.id, stage, commit: version.commit, state, wanted, by }];
  });
}

const isIn = ({ stages }: VersionState, stage: StageName): boolean =>
  stages.get(stage)?.kind === 'assignment';
