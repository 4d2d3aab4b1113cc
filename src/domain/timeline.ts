import type { ArtifactState, ResolvedEvent } from './artifact.js';
import type { StageName } from './names.js';
import { Artifact, COMPLETE, current, type VersionId } from './state.js';

/** One uninterrupted time during which a version was the current one in a stage. */
export interface Interval {
  version: VersionId;
  stage: StageName;
  /** The event that made it current; its `time` is when the interval began. */
  from: ResolvedEvent;
  /** The event that ended it; undefined while it lasts. */
  until: ResolvedEvent | undefined;
}

/** The intervals of one stage, oldest first, also those that began and ended in the same second. */
export function allIntervals(artifact: ArtifactState, stage: StageName): Interval[] {
  const past = new Artifact(artifact.name, true);
  const intervals: Interval[] = [];
  let open: Interval | undefined;
  for (const event of artifact.events) {
    past.add(event);
    const version = current(past, stage, COMPLETE)?.id;
    if (open?.version === version) continue;
    if (open) open.until = event;
    open = version === undefined ? undefined : { version, stage, from: event, until: undefined };
    if (open) intervals.push(open);
  }
  return intervals;
}

/**
 * The intervals that a time can name: at every moment the one that lasts is what is current as of that moment. What lasted no second
 * is left out, and what it parted is one interval again.
 */
export function intervalsIn(artifact: ArtifactState, stage: StageName): Interval[] {
  const lasting: Interval[] = [];
  for (const interval of allIntervals(artifact, stage)) {
    if (interval.until?.time === interval.from.time) continue;
    const last = lasting.at(-1);
    if (last?.version === interval.version && last.until?.time === interval.from.time)
      last.until = interval.until;
    else lasting.push(interval);
  }
  return lasting;
}
