import type { PlannedTag } from '../domain/plan.js';
import type { ResolvedEvent } from '../domain/state.js';
import type { WriteRow } from './rows.js';

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
