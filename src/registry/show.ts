import { findNamed } from '../domain/find.js';
import type { ArtifactName } from '../domain/names.js';
import { compareText } from '../domain/order.js';
import { type VersionOrder, type View, versionsByStage } from '../domain/query.js';
import type { ArtifactState } from '../domain/state.js';
import { parseTarget, type Target } from '../domain/target.js';
import type { RegistryContext } from './context.js';
import { declaredArtifacts } from './declared.js';
import { declaredRow, overviewRow, summaryRow, versionRows } from './make-rows.js';
import { type ReadOptions, requireArtifact, requireCurrent, seconds } from './queries.js';
import { readState } from './read.js';
import type { OverviewRow, VersionRow } from './rows.js';
import { readSummaries } from './summaries.js';

/** What an overview shows. */
export interface OverviewOptions extends ReadOptions, View {
  /** Deprecated artifacts too. */
  deprecated?: boolean | undefined;
}

/**
 * One row for each artifact, by name. Artifacts that HEAD declares and nobody registered are among them, unless the
 * past or registered ones alone are asked for.
 */
export async function overview(context: RegistryContext, options: OverviewOptions): Promise<OverviewRow[]> {
  // in this order: what git is asked for here is made while the tags are read
  const [declared, rows] = await Promise.all([
    options.at || options.registeredOnly ? [] : declaredAtHead(context),
    registeredRows(context, options),
  ]);
  const known = new Set(rows.map((row) => row.artifact));
  const waiting = declared.filter((name) => !known.has(name)).map(declaredRow);
  return [...rows, ...waiting]
    .filter((row) => options.deprecated || !row.deprecated)
    .sort((a, b) => compareText(a.artifact, b.artifact));
}

async function registeredRows(
  { repository }: RegistryContext,
  { at, ...view }: OverviewOptions,
): Promise<OverviewRow[]> {
  const { versionsPerStage, assignmentsPerVersion, registeredOnly } = view;
  const asksForLess =
    versionsPerStage === undefined && assignmentsPerVersion === undefined && !registeredOnly;
  if (at === undefined && asksForLess)
    return [...(await readSummaries(repository))].map(([name, summary]) => summaryRow(name, summary));
  return [...(await readState(repository, seconds(at))).values()]
    .filter(
      (artifact) => !registeredOnly || [...artifact.versions.values()].some((version) => version.registered),
    )
    .map((artifact) => overviewRow(artifact, view));
}

async function declaredAtHead({ repository }: RegistryContext): Promise<ArtifactName[]> {
  const head = await repository.resolveCommit('HEAD');
  return head === undefined ? [] : declaredArtifacts(repository, head);
}

/** Which versions are shown, and in which order. */
export interface VersionsOptions extends ReadOptions, View {
  sort?: VersionOrder | undefined;
}

/** One row for each version that a target names: all of an artifact, `@version`, `@latest` or those in `#stage`. */
export async function versions(
  context: RegistryContext,
  target: string,
  options: VersionsOptions,
): Promise<VersionRow[]> {
  const { artifact: name, which } = parseTarget(target);
  const artifact = await requireArtifact(context, name, options.at);
  const wanted = which && (await idsOf(context, artifact, which, options));
  return versionRows(artifact, options, options.sort).filter((row) => wanted?.includes(row.version) ?? true);
}

async function idsOf(
  context: RegistryContext,
  artifact: ArtifactState,
  which: NonNullable<Target['which']>,
  view: View,
): Promise<string[]> {
  if (which.kind !== 'stage') return [findNamed(artifact, which).id];
  const held = versionsByStage(artifact, view).get(which.stage) ?? [
    await requireCurrent(context, artifact, which.stage),
  ];
  return held.map(({ version }) => version.id);
}
