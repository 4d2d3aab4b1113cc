import type { ArtifactName, StageName } from '../domain/names.js';
import type { Summary } from '../domain/state.js';
import { formatTime } from '../domain/time.js';
import type { Interval } from '../domain/timeline.js';
import type { HistoryRow, IntervalRow, Made, OverviewRow, StageRow, VersionRow } from './rows.js';
import { type InStage, type VersionOrder, type View, latestVersion, versionsByStage, versionsGreatestFirst, versionsNewestFirst, type ArtifactState, type ResolvedEvent } from "../domain/artifact.js";

const madeBy = ({ tag, time, tagger, message }: ResolvedEvent): Made => ({
  tag,
  time: formatTime(time),
  author: tagger.name,
  email: tagger.email,
  message,
});

/** The overview of an artifact that has events. With `versionsPerStage`, each stage lists its versions. */
export function overviewRow(artifact: ArtifactState, view: View = {}): OverviewRow {
  const stages = [...versionsByStage(artifact, view)].map(([stage, held]) => {
    const ids = held.map(({ version }) => version.id);
    return [stage, view.versionsPerStage === undefined ? ids[0] : ids] as const;
  });
  return {
    artifact: artifact.name,
    latest: latestVersion(artifact)?.id ?? null,
    stages: Object.fromEntries(stages) as OverviewRow['stages'],
    registered: true,
    deprecated: artifact.deprecated,
  };
}

/** The overview of an artifact that has events, from its summary. */
export const summaryRow = (artifact: ArtifactName, { latest, stages, deprecated }: Summary): OverviewRow => ({
  artifact,
  latest: latest ?? null,
  stages: Object.fromEntries(stages),
  registered: true,
  deprecated,
});

/** The overview of an artifact that is declared at HEAD and has no event. */
export const declaredRow = (artifact: ArtifactName): OverviewRow => ({
  artifact,
  latest: null,
  stages: {},
  registered: false,
  deprecated: false,
});

/** One row for each version of an artifact. */
export function versionRows(
  artifact: ArtifactState,
  view: View = {},
  order: VersionOrder = 'semver',
): VersionRow[] {
  const held = [...versionsByStage(artifact, view)];
  const versions = order === 'semver' ? versionsGreatestFirst(artifact) : versionsNewestFirst(artifact);
  return (
    versions
      // a version that only an assignment's trailer names was never there
      .filter((version) => version.registered || (version.active && !view.registeredOnly))
      .map((version) => ({
        artifact: artifact.name,
        version: version.id,
        commit: version.commit,
        ...madeBy(version.event),
        active: version.active,
        stages: held
          .filter(([, inside]) => inside.some((one) => one.version === version))
          .map(([stage]) => stage),
      }))
  );
}

/** The row of a version in a stage. */
export const stageRow = (artifact: ArtifactName, stage: StageName, held: InStage): StageRow => ({
  artifact,
  stage,
  version: held.version.id,
  commit: held.version.commit,
  ...madeBy(held.assignment),
});

/** The row of a stay. */
export function intervalRow({ version, stage, from, until }: Interval): IntervalRow {
  const { time, ...made } = madeBy(from);
  return {
    artifact: from.artifact,
    stage,
    version,
    from: time,
    until: until ? formatTime(until.time) : null,
    ...made,
    endTag: until?.tag ?? null,
    endAuthor: until?.tagger.name ?? null,
  };
}

/** The row of an event. */
export const historyRow = (event: ResolvedEvent): HistoryRow => ({
  artifact: event.artifact,
  event: event.kind,
  version: event.of ?? null,
  stage: 'stage' in event ? event.stage : null,
  commit: event.commit,
  tag: event.tag,
  time: formatTime(event.time),
  author: event.tagger.name,
  email: event.tagger.email,
  message: event.message,
});
