import type { ResolvedEvent } from '../domain/artifact.js';
import type { ArtifactName, StageName } from '../domain/names.js';
import type { PlannedTag } from '../domain/plan.js';
import type { VersionId } from '../domain/state.js';
import type { EventKind } from '../domain/tag-name.js';

/** One tag that a write made or deleted, or would: the `--json` of writes (SPEC §5). */
export interface WriteRow {
  tag: string;
  event: EventKind;
  artifact: ArtifactName;
  version: VersionId | null;
  stage: StageName | null;
  commit: string;
  /** Null in a dry run, where no tag object exists. */
  oid: string | null;
  pushed: boolean;
}

/** The row of a tag that is planned. */
export const plannedRow = (tag: PlannedTag): WriteRow => ({
  tag: tag.tagName,
  event: tag.event.kind,
  artifact: tag.event.artifact,
  version: tag.of ?? null,
  stage: 'stage' in tag.event ? tag.event.stage : null,
  commit: tag.commit,
  oid: null,
  pushed: false,
});

/** The row of a tag that is there: one to delete, or to push. */
export const eventRow = (event: ResolvedEvent): WriteRow => ({
  tag: event.tag,
  event: event.kind,
  artifact: event.artifact,
  version: event.of ?? null,
  stage: 'stage' in event ? event.stage : null,
  commit: event.commit,
  oid: event.tagOid,
  pushed: false,
});
