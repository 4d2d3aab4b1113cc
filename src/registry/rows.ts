import type { ArtifactName, StageName } from '../domain/names.js';
import { currentByStage, type InStage, latestVersion, versionsGreatestFirst } from '../domain/query.js';
import type { ArtifactState, ResolvedEvent, VersionId, VersionState } from '../domain/state.js';
import type { EventKind } from '../domain/tag-name.js';
import { formatTime } from '../domain/time.js';

/** Who made an event, when, with which tag: the part that most answers share. Times are ISO 8601, UTC. */
export interface Made {
  tag: string;
  time: string;
  author: string;
  email: string;
  message: string;
}

/** One artifact in the overview: `show` (SPEC §5). */
export interface OverviewRow {
  artifact: ArtifactName;
  latest: string | null;
  stages: Record<StageName, VersionId>;
  /** False for an artifact that is declared at HEAD and has no event. */
  registered: boolean;
  deprecated: boolean;
}

/** One version: `show A`, `latest` (SPEC §5). `stages` are those in which it is current. */
export interface VersionRow extends Made {
  artifact: ArtifactName;
  version: VersionId;
  commit: string;
  active: boolean;
  stages: StageName[];
}

/** A version in a stage: `which` (SPEC §5). Tag, time and author are of the assignment. */
export interface StageRow extends Made {
  artifact: ArtifactName;
  stage: StageName;
  version: VersionId;
  commit: string;
}

/** One event: `history` (SPEC §5). */
export interface HistoryRow extends Made {
  artifact: ArtifactName;
  event: EventKind;
  version: VersionId | null;
  stage: StageName | null;
  commit: string;
}

const madeBy = ({ tag, time, tagger, message }: ResolvedEvent): Made => ({
  tag,
  time: formatTime(time),
  author: tagger.name,
  email: tagger.email,
  message,
});

/** The overview of an artifact that has events. */
export const overviewRow = (artifact: ArtifactState): OverviewRow => ({
  artifact: artifact.name,
  latest: latestVersion(artifact)?.id ?? null,
  stages: Object.fromEntries([...currentByStage(artifact)].map(([stage, held]) => [stage, held.version.id])),
  registered: true,
  deprecated: artifact.deprecated,
});

/** The overview of an artifact that is declared at HEAD and has no event. */
export const declaredRow = (artifact: ArtifactName): OverviewRow => ({
  artifact,
  latest: null,
  stages: {},
  registered: false,
  deprecated: false,
});

/** One row for each version of an artifact, greatest first. */
export function versionRows(artifact: ArtifactState): VersionRow[] {
  const current = [...currentByStage(artifact)];
  return versionsGreatestFirst(artifact).map((version) => {
    const stages = current.filter(([, held]) => held.version === version).map(([stage]) => stage);
    return versionRow(artifact.name, version, stages);
  });
}

function versionRow(artifact: ArtifactName, version: VersionState, stages: StageName[]): VersionRow {
  const { id, commit, event, active } = version;
  return { artifact, version: id, commit, ...madeBy(event), active, stages };
}

/** The row of a version in a stage. */
export const stageRow = (artifact: ArtifactName, stage: StageName, held: InStage): StageRow => ({
  artifact,
  stage,
  version: held.version.id,
  commit: held.version.commit,
  ...madeBy(held.assignment),
});

/** The row of an event. */
export const historyRow = (event: ResolvedEvent): HistoryRow => ({
  artifact: event.artifact,
  event: event.kind,
  version: event.of ?? null,
  stage: 'stage' in event ? event.stage : null,
  commit: event.commit,
  ...madeBy(event),
});
