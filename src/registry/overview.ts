import type { ArtifactName } from '../domain/names.js';
import { compareText } from '../domain/order.js';
import type { RegistryContext } from './context.js';
import { declaredArtifacts } from './declared.js';
import { declaredRow, overviewRow, summaryRow } from './make-rows.js';
import { type ReadOptions, seconds } from './queries.js';
import { readState } from './read.js';
import type { OverviewRow } from './rows.js';
import { readSummaries, type Summaries } from './summaries.js';
import type { View } from "../domain/artifact.js";

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
  return withDeclared(rows, declared, options);
}

/** The rows of an overview: of what is registered, and behind it of what is only declared. */
export function withDeclared(
  rows: readonly OverviewRow[],
  declared: readonly ArtifactName[],
  { deprecated }: Pick<OverviewOptions, 'deprecated'>,
): OverviewRow[] {
  const known = new Set(rows.map((row) => row.artifact));
  const waiting = declared.filter((name) => !known.has(name)).map(declaredRow);
  return [...rows, ...waiting]
    .filter((row) => deprecated || !row.deprecated)
    .sort((a, b) => compareText(a.artifact, b.artifact));
}

async function registeredRows(
  { repository }: RegistryContext,
  { at, ...view }: OverviewOptions,
): Promise<OverviewRow[]> {
  const { versionsPerStage, assignmentsPerVersion, registeredOnly } = view;
  const asksForLess =
    versionsPerStage === undefined && assignmentsPerVersion === undefined && !registeredOnly;
  if (at === undefined && asksForLess) return summaryRows(await readSummaries(repository));
  return [...(await readState(repository, seconds(at))).values()]
    .filter(
      (artifact) => !registeredOnly || [...artifact.versions.values()].some((version) => version.registered),
    )
    .map((artifact) => overviewRow(artifact, view));
}

/** The rows of what is registered. */
export const summaryRows = (summaries: Summaries): OverviewRow[] =>
  [...summaries].map(([name, summary]) => summaryRow(name, summary));

async function declaredAtHead({ repository }: RegistryContext): Promise<ArtifactName[]> {
  const head = await repository.resolveCommit('HEAD');
  return head === undefined ? [] : declaredArtifacts(repository, head);
}
