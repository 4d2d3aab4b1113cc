import type { ArtifactName } from '../domain/names.js';
import { RegError } from '../errors.js';
import type { RegistryContext } from '../registry/context.js';
import { type Description, describeChosen } from '../registry/describe.js';
import { history, intervals } from '../registry/history.js';
import type { HistoryRow, IntervalRow, VersionRow } from '../registry/rows.js';
import { versions } from '../registry/show.js';

/** What a site says of one artifact: `data/artifacts/….json`. Each part is what the command of that name answers. */
export interface ArtifactData {
  artifact: ArtifactName;
  /** `reg show A` */
  versions: VersionRow[];
  /** `reg history A --intervals` */
  intervals: IntervalRow[];
  /** `reg history A` */
  history: HistoryRow[];
  /** `reg describe A@version`, of every version that is declared readably. */
  descriptions: Description[];
  /** Why others have no description, by version. */
  problems: Record<string, string>;
}

/** What tags tell of an artifact. */
export type ArtifactEvents = Pick<ArtifactData, 'versions' | 'intervals' | 'history'>;

/** The greatest version that is registered and active; null without one. */
export const latestOf = ({ versions }: ArtifactEvents): VersionRow['version'] | null =>
  versions.find(({ active, version }) => active && version.startsWith('v'))?.version ?? null;

/** Reads what tags tell of an artifact, which may have none yet. */
export async function artifactEvents(
  context: RegistryContext,
  artifact: ArtifactName,
): Promise<ArtifactEvents> {
  if ([...(await context.repository.tags.list(artifact)).refs].length === 0)
    return { versions: [], intervals: [], history: [] };
  const [rows, stays, events] = await Promise.all([
    versions(context, artifact, {}),
    intervals(context, artifact, {}),
    history(context, artifact, {}),
  ]);
  return { versions: rows, intervals: stays, history: events };
}

/** Reads everything about one artifact. */
export async function artifactData(
  context: RegistryContext,
  artifact: ArtifactName,
  events: ArtifactEvents,
): Promise<ArtifactData> {
  const descriptions: Description[] = [];
  const problems: Record<string, string> = {};
  for (const { version, commit } of events.versions)
    try {
      descriptions.push(await describeChosen(context, artifact, { version, commit }));
    } catch (error) {
      if (!(error instanceof RegError)) throw error;
      problems[version] = error.message;
    }
  return { artifact, ...events, descriptions, problems };
}
