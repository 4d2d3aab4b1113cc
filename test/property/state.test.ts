import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ArtifactState,
  artifactStateOf,
  currentIn,
  latestVersion,
  type State,
  stagesUsed,
  stateOf,
  versionsInStage,
} from '../../src/domain/artifact.js';
import { type Event, eventOf } from '../../src/domain/event.js';
import { mergeOrdered } from '../../src/domain/order.js';
import { intervalsIn } from '../../src/domain/timeline.js';
import { compareVersions, type Version } from '../../src/domain/version.js';
import { history, type NamedTag } from '../support/arbitraries.js';
import { cases } from '../support/soak.js';

const RUNS = { numRuns: cases(10_000) };

const eventsOf = (tags: readonly NamedTag[]): Event[] => tags.map(({ name, tag }) => eventOf(name, tag));
const shuffled = history.chain((tags) =>
  fc.tuple(fc.constant(tags), fc.shuffledSubarray(tags, { minLength: tags.length })),
);
const byName = (state: State): ArtifactState[] =>
  [...state.values()].sort((a, b) => (a.name < b.name ? -1 : 1));

/** Everything that can be asked of a registry. */
const answers = (state: State) =>
  byName(state).map((artifact) => ({
    ...artifact,
    versions: [...artifact.versions].sort(([a], [b]) => (a < b ? -1 : 1)),
    latest: latestVersion(artifact),
    stages: stagesUsed(artifact).map((stage) => [
      versionsInStage(artifact, stage),
      intervalsIn(artifact, stage),
    ]),
  }));

describe('state', () => {
  it('does not depend on the order in which tags are listed', () => {
    fc.assert(
      fc.property(shuffled, fc.nat(20), ([tags, others], at) => {
        const [one, other] = [eventsOf(tags), eventsOf(others)];
        expect(answers(stateOf(other))).toEqual(answers(stateOf(one)));
        expect(answers(stateOf(other, at))).toEqual(answers(stateOf(one, at)));
        const journal = (events: Event[]) =>
          mergeOrdered([...stateOf(events).values()].map((artifact) => artifact.events));
        expect(journal(other)).toEqual(journal(one));
      }),
      { numRuns: cases(3000, 500) },
    );
  });

  it('of an artifact does not depend on other artifacts', () => {
    fc.assert(
      fc.property(history, (tags) => {
        const events = eventsOf(tags);
        for (const [name, artifact] of stateOf(events))
          expect(
            artifactStateOf(
              name,
              events.filter((event) => event.artifact === name),
            ),
          ).toEqual(artifact);
      }),
      RUNS,
    );
  });

  it('as of a time is the state of the events up to it', () => {
    fc.assert(
      fc.property(history, fc.nat(20), (tags, at) => {
        for (const artifact of stateOf(eventsOf(tags)).values()) {
          const upTo = artifact.events.filter((event) => event.time <= at).map(({ tag }) => tag);
          const then = artifactStateOf(
            artifact.name,
            eventsOf(tags).filter((event) => event.artifact === artifact.name),
            at,
          );
          expect(then.events.map(({ tag }) => tag)).toEqual(upTo);
        }
      }),
      RUNS,
    );
  });

  it('follows the rules of docs/specification.md, 3 State, read from the events backwards', () => {
    fc.assert(
      fc.property(history, (tags) => {
        for (const artifact of stateOf(eventsOf(tags)).values()) {
          for (const version of artifact.versions.values()) {
            const own = artifact.events.filter((event) => event.of === version.id);
            const last = own.findLast(
              (event) => event.kind === 'registration' || event.kind === 'deregistration',
            );
            expect(version.active).toBe(version.id.startsWith('v') ? last?.kind === 'registration' : true);
          }
          for (const stage of stagesUsed(artifact))
            expect(currentIn(artifact, stage)?.version.id).toBe(currentAnew(artifact, stage));
          const active = [...artifact.versions.values()].filter((one) => one.registered && one.active);
          const greatest = active
            .map((one) => one.id as Version)
            .sort(compareVersions)
            .at(-1);
          expect(latestVersion(artifact)?.id).toBe(greatest);
        }
      }),
      RUNS,
    );
  });
});

/** The current version in a stage, read from the events backwards: the first assignment that still holds. */
function currentAnew({ events, versions }: ArtifactState, stage: string): string | undefined {
  const seen = new Set<string>();
  for (const event of events.toReversed()) {
    if (!('stage' in event) || event.stage !== stage || event.of === undefined || seen.has(event.of))
      continue;
    seen.add(event.of);
    if (event.kind === 'assignment' && versions.get(event.of)?.active) return event.of;
  }
  return undefined;
}

describe('stays', () => {
  it('agree at every moment with what is current then', () => {
    fc.assert(
      fc.property(history, (tags) => {
        const events = eventsOf(tags);
        for (const artifact of stateOf(events).values()) {
          const own = events.filter((event) => event.artifact === artifact.name);
          const moments = [...new Set(artifact.events.map(({ time }) => time))];
          for (const stage of stagesUsed(artifact)) {
            const stays = intervalsIn(artifact, stage);
            for (const at of moments) {
              const open = stays.filter(
                ({ from, until }) => from.time <= at && (until === undefined || until.time > at),
              );
              const current = currentIn(artifactStateOf(artifact.name, own, at), stage)?.version.id;
              expect(open.map(({ version }) => version)).toEqual(current === undefined ? [] : [current]);
            }
          }
        }
      }),
      { numRuns: cases(5000) },
    );
  });

  it('follow each other, each of some length, only the last one open', () => {
    fc.assert(
      fc.property(history, (tags) => {
        for (const artifact of stateOf(eventsOf(tags)).values())
          for (const stage of stagesUsed(artifact)) {
            const stays = intervalsIn(artifact, stage);
            for (const [index, { from, until, version }] of stays.entries()) {
              const next = stays[index + 1];
              if (until === undefined) expect(next).toBeUndefined();
              else expect(until.time).toBeGreaterThan(from.time);
              if (next === undefined || until === undefined) continue;
              expect(next.from.time).toBeGreaterThanOrEqual(until.time);
              if (next.version === version) expect(next.from.time).toBeGreaterThan(until.time);
            }
          }
      }),
      { numRuns: cases(5000) },
    );
  });
});
