import { type ArtifactState, type VersionOrder, versionsByStage } from '../domain/artifact.js';
import { findNamed } from '../domain/find.js';
import type { View } from '../domain/state.js';
import { parseTarget, type Target } from '../domain/target.js';
import type { RegistryContext } from './context.js';
import { versionRows } from './make-rows.js';
import { type ReadOptions, requireArtifact, requireCurrent } from './queries.js';
import type { VersionRow } from './rows.js';

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
