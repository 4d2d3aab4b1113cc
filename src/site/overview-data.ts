import type { ArtifactState, State } from '../domain/artifact.js';
import type { ArtifactName } from '../domain/names.js';
import type { VersionId } from '../domain/state.js';
import { formatTime } from '../domain/time.js';
import { compareVersions, type Version } from '../domain/version.js';
import type { RegistryContext } from '../registry/context.js';
import { overview } from '../registry/overview.js';
import { readState } from '../registry/read.js';
import type { OverviewEntry } from '../web/page.js';

/** The rows of `reg show --deprecated`, each with how far its stages are behind and what happened last. */
export async function overviewData(context: RegistryContext): Promise<OverviewEntry[]> {
  const [rows, state] = await Promise.all([
    overview(context, { deprecated: true }),
    readState(context.repository.tags),
  ]);
  return rows.map((row) => ({
    ...row,
    behind: behindIn(state, row.artifact, row.stages as Record<string, VersionId>),
    ...lastChange(state.get(row.artifact)),
  }));
}

function lastChange(artifact: ArtifactState | undefined): Pick<OverviewEntry, 'changed' | 'changedBy'> {
  const last = artifact?.events.at(-1);
  return { changed: last ? formatTime(last.time) : null, changedBy: last?.tagger.name ?? null };
}

/** By stage, how many active versions are greater than the one in it; left out for a commit that was never registered. */
function behindIn(
  state: State,
  artifact: ArtifactName,
  stages: Record<string, VersionId>,
): Record<string, number> {
  const versions = [...(state.get(artifact)?.versions.values() ?? [])];
  const active = versions.filter((one) => one.registered && one.active).map(({ id }) => id as Version);
  const known = Object.entries(stages).filter(([, id]) => active.includes(id as Version));
  return Object.fromEntries(
    known.map(([stage, id]) => [
      stage,
      active.filter((one) => compareVersions(one, id as Version) > 0).length,
    ]),
  );
}
