import type { ArtifactName } from '../domain/names.js';
import { compareText } from '../domain/order.js';
import { asOf, COMPLETE, type Summary, summaryOf, type View } from '../domain/state.js';
import type { RegistryContext } from './context.js';
import { declaredArtifacts } from './declared.js';
import { declaredRow, summaryRow } from './make-rows.js';
import { type ReadOptions, seconds } from './queries.js';
import { ask } from './read.js';
import type { OverviewRow } from './rows.js';

/** What an overview shows. */
export interface OverviewOptions extends ReadOptions, View {
  /** Deprecated artifacts too. */
  deprecated?: boolean | undefined;
}

/**
 * One row for each artifact, by name. Artifacts that HEAD declares and that are not registered are among them, unless the past or
 * registered ones alone are asked for.
 */
export async function overview(context: RegistryContext, options: OverviewOptions): Promise<OverviewRow[]> {
  const [declared, registered] = await Promise.all([
    options.at || options.registeredOnly ? [] : declaredAtHead(context),
    summaries(context, options),
  ]);
  const rows = [...registered].map(([name, summary]) => summaryRow(name, summary, options));
  const waiting = declared.filter((name) => !registered.has(name)).map(declaredRow);
  return [...rows, ...waiting]
    .filter((row) => options.deprecated || !row.deprecated)
    .sort((a, b) => compareText(a.artifact, b.artifact));
}

/** The summary of every artifact that has an event. */
export async function summaries(
  { repository }: RegistryContext,
  { at, ...view }: ReadOptions & View,
): Promise<Map<ArtifactName, Summary>> {
  const time = seconds(at);
  const answers = await ask(repository.tags, 'all', (artifact, facts) =>
    time === undefined
      ? summaryOf(artifact, view, facts)
      : summaryOf(asOf(artifact, time, facts), view, COMPLETE),
  );
  return new Map([...answers].flatMap(([name, summary]) => (summary ? [[name, summary]] : [])));
}

async function declaredAtHead({ repository }: RegistryContext): Promise<ArtifactName[]> {
  const head = await repository.resolveCommit('HEAD');
  return head === undefined ? [] : declaredArtifacts(repository, head);
}
