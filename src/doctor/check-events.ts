import { type ArtifactState, isStageEvent, type State } from '../domain/artifact.js';
import { formatTime } from '../domain/time.js';
import { short } from '../util/oid.js';
import type { RemoveTag } from './check-tags.js';
import type { Ailment } from './finding.js';

/** How far ahead of this clock a tag may be dated, in seconds (SPEC §2). */
const DAY = 24 * 60 * 60;

/** What the events of each artifact say against each other. `now` is in seconds since the epoch. */
export function checkEvents(state: State, now: number, remove: RemoveTag): Ailment[] {
  return [...state.values()].flatMap((artifact) => [
    ...clocks(artifact, now, remove),
    ...counters(artifact),
    ...versionsWithoutRegistration(artifact),
    ...sharedCommits(artifact),
  ]);
}

const ailment = (
  level: Ailment['level'],
  check: string,
  subject: string,
  message: string,
  fix: string | null = null,
): Ailment => ({
  level,
  check,
  subject,
  message,
  fix,
});

function clocks({ events }: ArtifactState, now: number, remove: RemoveTag): Ailment[] {
  return events.flatMap((event) => {
    if (event.date > now + DAY) {
      const ahead = `it is dated ${formatTime(event.date)}, in the future, and nothing can be written until then`;
      return [ailment('warning', 'clock', event.tag, ahead, remove(event.tag))];
    }
    if (event.time === event.date) return [];
    const message = `it is dated ${formatTime(event.date)}, before an event with a smaller counter; it counts as of ${formatTime(event.time)}`;
    return [ailment('warning', 'clock', event.tag, message)];
  });
}

function counters({ events }: ArtifactState): Ailment[] {
  const first = new Map<number, string>();
  return events.flatMap(({ counter, tag }) => {
    const other = counter === undefined ? undefined : first.get(counter);
    if (counter !== undefined && other === undefined) first.set(counter, tag);
    return other === undefined
      ? []
      : [
          ailment(
            'warning',
            'counter',
            tag,
            `it has the same counter as ${other}; the dates decide which came first`,
          ),
        ];
  });
}

function versionsWithoutRegistration({ name, events, versions }: ArtifactState): Ailment[] {
  return events.filter(isStageEvent).flatMap((event) => {
    const version = versions.get(event.of);
    if (event.kind !== 'assignment' || version?.registered) return [];
    if (event.of === event.commit)
      return [
        ailment(
          'info',
          'unregistered',
          event.tag,
          `it assigns commit ${short(event.commit)}, which has no version`,
          `reg register ${name} ${event.commit}`,
        ),
      ];
    return [
      ailment(
        'warning',
        'unregistered',
        event.tag,
        `it assigns ${event.of}, which has no registration, so it has no effect`,
      ),
    ];
  });
}

function sharedCommits({ name, versions }: ArtifactState): Ailment[] {
  const first = new Map<string, string>();
  return [...versions.values()].flatMap(({ id, registered, active, commit }) => {
    if (!registered || !active) return [];
    const other = first.get(commit);
    if (other === undefined) first.set(commit, id);
    return other === undefined
      ? []
      : [ailment('info', 'shared-commit', name, `${other} and ${id} are the same commit, ${short(commit)}`)];
  });
}
