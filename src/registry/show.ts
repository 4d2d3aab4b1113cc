import { type ArtifactState, type VersionOrder, versionsByStage } from '../domain/artifact.js';
import { findNamed } from '../domain/find.js';
import { type ArtifactName, type StageName, stageName } from '../domain/names.js';
import { compareText } from '../domain/order.js';
import type { View } from '../domain/state.js';
import { parseTarget, type Target } from '../domain/target.js';
import { configMentions, type RegistryContext } from './context.js';
import { declarationsIn, filesAt } from './declared.js';
import { notExcluded } from './exclusion.js';
import { declaredRow, summaryRow, unsureRow, versionRows } from './make-rows.js';
import { askMeant } from './meant.js';
import { readWhole, type Unsure } from './missing.js';
import {
  isWithoutTags,
  type OverviewView,
  type ReadOptions,
  reportMissing,
  requireArtifact,
  requireCurrent,
  requireKnownStage,
  seconds,
  summaries,
} from './queries.js';
import type { ApprovedRow, OverviewRow, ShownVersion, StageApprovals } from './rows.js';

/** What is kept of a list of artifacts, or of the versions of one: rows that have all of these. */
export interface Filter {
  /** Labels: `key=value`, or `key` with any value. */
  labels?: readonly string[] | undefined;
  type?: string | undefined;
  /** Something is in this stage. */
  stage?: string | undefined;
  /** The version in this stage, or with `true` in any, comes before the latest one. */
  behind?: string | boolean | undefined;
  /** Nothing was ever assigned to this stage. */
  never?: string | undefined;
}

/** What an overview shows. */
export interface OverviewOptions extends OverviewView, Filter {
  /** Deprecated artifacts too. */
  deprecated?: boolean | undefined;
  /** By name, by the latest version with the greatest first, or by the last event with the newest first; by name by default. */
  sort?: 'name' | VersionOrder | undefined;
  /** At most so many rows. */
  limit?: number | undefined;
}

const isFilter = ({ labels, type, stage, behind, never }: Filter): boolean =>
  [type, stage, behind, never].some((one) => one !== undefined) || (labels ?? []).length > 0;

/**
 * One row for each artifact, by name. Artifacts that HEAD declares and that are not registered are among them, unless the past or
 * registered ones alone are asked for. One whose tags are missing or cannot be read is marked, and passes every filter.
 */
export async function overview(context: RegistryContext, options: OverviewOptions): Promise<OverviewRow[]> {
  const unsure: Unsure = new Map();
  const [declared, registered] = await Promise.all([
    options.at || options.registeredOnly ? [] : declaredAtHead(context),
    summaries(context, options, unsure),
  ]);
  reportMissing(context, options.onMissing, unsure);
  const isEmpty = await isWithoutTags(context, registered.size + unsure.size, options.onMissing);
  const rows = [...registered].map(([name, summary]) => summaryRow(name, summary, options));
  const waiting = declared
    .filter((name) => !registered.has(name) && !unsure.has(name))
    .map(declaredRow)
    // it may be registered all the same
    .map((row) => (isEmpty ? { ...row, problem: 'TAGS_MISSING' as const } : row));
  const marked = [...unsure].map(([name, error]) => unsureRow(name, error));
  const all = [...rows, ...waiting, ...marked]
    .filter((row) => options.deprecated || !row.deprecated)
    .sort((a, b) => compareText(a.artifact, b.artifact));
  if (!isFilter(options) && (options.sort ?? 'name') === 'name') return all.slice(0, options.limit);
  return (await import('./filter.js')).filteredOverview(context, all, options);
}

async function declaredAtHead({
  repository: { objects },
  note,
  exclusion,
}: RegistryContext): Promise<ArtifactName[]> {
  const head = await objects.commit('HEAD');
  if (head === undefined) return [];
  const { names, problems } = await declarationsIn(await filesAt(objects, head));
  for (const { kind, file, line, message } of problems)
    if (kind === 'name') note(`warning: ${file} declares no artifact: ${message}`);
    else if (kind === 'unreadable') note(`warning: ${file}:${line} cannot be read: ${message}`);
  return notExcluded(names, await exclusion());
}

/** Which versions are shown, and in which order. */
export interface VersionsOptions extends ReadOptions, View, Filter {
  sort?: VersionOrder | undefined;
  /** At most so many rows. */
  limit?: number | undefined;
  /** Of `#stage` alone, deprecated artifacts too. */
  deprecated?: boolean | undefined;
}

/**
 * One row for each version that a target names: all of an artifact, `@version`, `@latest` or those in `#stage`. `#stage` alone
 * means what every artifact has there, by name.
 * @param approvals those of all artifacts, where they are known already
 */
export const versions = (
  context: RegistryContext,
  target: string,
  options: VersionsOptions,
  approvals?: readonly ApprovedRow[],
): Promise<ShownVersion[]> =>
  target.startsWith('#')
    ? versionsInStage(context, stageName(target.slice(1)), options)
    : askMeant(context, target, (full) => versionsOf(context, full, options, approvals));

async function versionsInStage(
  context: RegistryContext,
  stage: StageName,
  options: VersionsOptions,
): Promise<ShownVersion[]> {
  const rows: ShownVersion[] = [];
  const { unsure, whole } = await readWhole(context, seconds(options.at));
  reportMissing(context, options.onMissing, unsure);
  if (await isWithoutTags(context, whole.length + unsure.size, options.onMissing)) return [];
  const approvals = options.at ? [] : await approvalsKnown(context, async () => whole);
  for (const artifact of whole.sort((a, b) => compareText(a.name, b.name))) {
    if (artifact.deprecated && !options.deprecated) continue;
    const held = versionsByStage(artifact, options).get(stage) ?? [];
    if (held.length > 0)
      rows.push(
        ...(await rowsOf(context, artifact, options, approvals)).filter(({ version }) =>
          held.some((one) => one.version.id === version),
        ),
      );
  }
  if (rows.length === 0 && unsure.size === 0) await requireKnownStage(context, stage);
  return rows.slice(0, options.limit);
}

async function versionsOf(
  context: RegistryContext,
  target: string,
  options: VersionsOptions,
  known: readonly ApprovedRow[] | undefined,
): Promise<ShownVersion[]> {
  const { artifact: name, which } = parseTarget(target);
  const artifact = await requireArtifact(context, name, options.at, options.onDeprecated);
  const approvals = known ?? (options.at ? [] : await approvalsKnown(context, async () => [artifact]));
  const wanted = which && (await idsOf(context, artifact, which, options));
  const rows = await rowsOf(context, artifact, options, approvals);
  return rows.filter((row) => wanted?.includes(row.version) ?? true).slice(0, options.limit);
}

/** The approvals of the versions of artifacts, as far as this clone knows, where the configuration asks for some. */
export async function approvalsKnown(
  context: RegistryContext,
  artifacts: () => Promise<readonly ArtifactState[]>,
): Promise<ApprovedRow[]> {
  if (!(await configMentions(context, 'approvals'))) return [];
  // loaded on use: few registries ask for approvals
  return (await import('./approvals.js')).approvalsHere(context, artifacts);
}

/** The approvals of one version. */
export const approvalsOf = (
  { artifact, version }: { artifact: string; version: string | null },
  among: readonly ApprovedRow[],
): StageApprovals =>
  among
    .filter((one) => one.artifact === artifact && one.version === version)
    .map(({ stage, state, wanted, by }) => ({ stage, state, wanted, by }));

/** The rows of the versions of an artifact that a filter keeps. */
async function rowsOf(
  context: RegistryContext,
  artifact: ArtifactState,
  options: VersionsOptions,
  approvals: readonly ApprovedRow[],
): Promise<ShownVersion[]> {
  const all = versionRows(artifact, options, options.sort);
  const rows = isFilter(options)
    ? await (await import('./filter.js')).filteredVersions(context, artifact, all, options)
    : all;
  return rows.map((row) => ({ ...row, approvals: approvalsOf(row, approvals) }));
}

async function idsOf(
  context: RegistryContext,
  artifact: ArtifactState,
  which: NonNullable<Target['which']>,
  { at, ...view }: View & ReadOptions,
): Promise<string[]> {
  if (which.kind !== 'stage') return [findNamed(artifact, which, { at: seconds(at) }).id];
  const held = versionsByStage(artifact, view).get(which.stage) ?? [
    await requireCurrent(context, artifact, which.stage, at),
  ];
  return held.map(({ version }) => version.id);
}
