import type { ArtifactName, StageName } from '../domain/names.js';
import type { VersionId } from '../domain/state.js';
import type { EventKind } from '../domain/tag-name.js';

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
  /** The current version of each stage; all that were asked for, current first, when a number was asked for. */
  stages: Record<StageName, VersionId | VersionId[]>;
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

/** One stay of a version in a stage: `history --intervals`. Tag and author are of the event that began it. */
export interface IntervalRow extends Omit<Made, 'time'> {
  artifact: ArtifactName;
  stage: StageName;
  version: VersionId;
  from: string;
  /** Null while it lasts; so is what ended it. */
  until: string | null;
  endTag: string | null;
  endAuthor: string | null;
}

/** One event: `history` (SPEC §5). */
export interface HistoryRow extends Made {
  artifact: ArtifactName;
  event: EventKind;
  version: VersionId | null;
  stage: StageName | null;
  commit: string;
}
