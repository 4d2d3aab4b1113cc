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

/** Reads everything about one artifact. */
export async function artifactData(context: RegistryContext, artifact: ArtifactName): Promise<ArtifactData> {
  const isRegistered = (await context.repository.listTags(artifact)).length > 0;
  const [rows, stays, events] = isRegistered
    ? await Promise.all([
        versions(context, artifact, {}),
        intervals(context, artifact, {}),
        history(context, artifact, {}),
      ])
    : [[], [], []];
  const descriptions: Description[] = [];
  const problems: Record<string, string> = {};
  for (const { version, commit } of rows)
    try {
      descriptions.push(await describeChosen(context, artifact, { version, commit }));
    } catch (error) {
      if (!(error instanceof RegError)) throw error;
      problems[version] = error.message;
    }
  return { artifact, versions: rows, intervals: stays, history: events, descriptions, problems };
}
