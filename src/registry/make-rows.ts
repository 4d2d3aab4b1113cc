import {
  type ArtifactState,
  type ResolvedEvent,
  type VersionOrder,
  type VersionState,
  versionsByStage,
  versionsGreatestFirst,
  versionsNewestFirst,
} from '../domain/artifact.js';
import type { Event } from '../domain/event.js';
import type { ArtifactName, StageName } from '../domain/names.js';
import type { Summary, View } from '../domain/state.js';
import { formatTime } from '../domain/time.js';
import type { Interval } from '../domain/timeline.js';
import type { RegError } from '../errors.js';
import type { HistoryRow, IntervalRow, Made, OverviewRow, StageRow, VersionRow } from './rows.js';

/** An event, with its effective time in seconds since the epoch. */
type TimedEvent = Pick<Event, 'tag' | 'tagger' | 'message'> & { time: number };

/** Who made an event, when and with which tag. */
export const madeBy = ({ tag, time, tagger, message }: TimedEvent): Made => ({
  tag,
  time: formatTime(time),
  author: tagger.name,
  email: tagger.email,
  message,
});

/** The overview of an artifact that has events. With `versionsPerStage`, each stage lists its versions. */
export const summaryRow = (
  artifact: ArtifactName,
  { latest, stages, deprecated }: Summary,
  { versionsPerStage }: View,
): OverviewRow => ({
  artifact,
  latest: latest ?? null,
  stages: Object.fromEntries(
    stages.map(([stage, held]) => [stage, versionsPerStage === undefined ? held[0] : [...held]]),
  ) as OverviewRow['stages'],
  registered: true,
  deprecated,
  problem: null,
});

/** The overview of an artifact that is declared at HEAD and has no event. */
export const declaredRow = (artifact: ArtifactName): OverviewRow => ({
  artifact,
  latest: null,
  stages: {},
  registered: false,
  deprecated: false,
  problem: null,
});

/** The overview of an artifact whose tags are missing or cannot be read: nothing about it is sure. */
export const unsureRow = (artifact: ArtifactName, { code }: RegError): OverviewRow => ({
  artifact,
  latest: null,
  stages: {},
  registered: true,
  deprecated: false,
  problem: code === 'DAMAGED' ? code : 'TAGS_MISSING',
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

/**
 * The row of a version in a stage.
 * @param since the event since which it is current; undefined for one that is not
 */
export const stageRow = (
  artifact: ArtifactName,
  stage: StageName,
  held: { version: Pick<VersionState, 'id' | 'commit'>; assignment: TimedEvent },
  since: TimedEvent | undefined,
): StageRow => ({
  artifact,
  stage,
  version: held.version.id,
  commit: held.version.commit,
  ...madeBy(since ?? held.assignment),
  assigned: madeBy(held.assignment),
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
