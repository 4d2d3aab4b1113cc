import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AnnotatedTag, Event } from '../../src/domain/event.js';
import { eventOf } from '../../src/domain/event.js';
import type { StageName } from '../../src/domain/names.js';
import type { OrderedEvent } from '../../src/domain/order.js';
import {
  type Artifact,
  artifactIn,
  asOf,
  COMPLETE,
  current,
  effectiveTime,
  type Fact,
  type Facts,
  inStage,
  isDeprecated,
  type ListedTag,
  latest,
  settle,
  summaryOf,
  tagsByArtifact,
} from '../../src/domain/state.js';
import { parseTagName } from '../../src/domain/tag-name.js';
import { currentSince } from '../../src/domain/timeline.js';
import { history, STAGES } from '../support/arbitraries.js';
import * as reference from '../support/reference-fold.js';
import { cases } from '../support/soak.js';

/** What a tag holds that a listing shows: an event, an object that is none, or one whose target the listing cannot tell. */
type Form = 'event' | 'malformed' | 'unknown';
const forms = fc.array(fc.constantFrom<Form>('event', 'event', 'event', 'event', 'malformed', 'unknown'), {
  minLength: 24,
  maxLength: 24,
});

interface Registry {
  listed: ListedTag[];
  objects: Map<string, Fact>;
  events: Event[];
}

const registries = fc.tuple(history, forms).map(([tags, shapes]): Registry => {
  const listed: ListedTag[] = [];
  const objects = new Map<string, Fact>();
  for (const [index, { name, tag }] of tags.entries()) {
    const form = shapes[index];
    listed.push({ name: tag.name, oid: tag.oid, peeled: form === 'unknown' ? 'unknown' : tag.commit });
    objects.set(tag.name, form === 'malformed' ? false : eventOf(name, tag));
  }
  return {
    listed,
    objects,
    events: [...objects.values()].filter((fact): fact is Event => typeof fact === 'object'),
  };
});

type Question = (artifact: Artifact, facts: Facts) => unknown;

/** Asks as a registry is asked: what is needed is read, and the question asked again. */
function answer(
  question: (facts: Facts) => unknown,
  objects: ReadonlyMap<string, Fact>,
): { answer: unknown; read: Map<string, Fact> } {
  const read = new Map<string, Fact>();
  for (let round = 0; round < 20; round += 1) {
    const settled = settle(question, read);
    if (settled.kind === 'answer') return { answer: settled.answer, read };
    if (settled.kind === 'damaged') return { answer: 'damaged', read };
    expect(settled.events.size, 'each round asks for more').toBeGreaterThan(0);
    for (const { tag } of settled.events) {
      expect([tag, read.has(tag)]).toEqual([tag, false]);
      read.set(tag, objects.get(tag) as Fact);
    }
  }
  throw new Error('it asks for ever');
}

const QUESTIONS: Record<string, [Question, (state: reference.ReferenceState) => unknown]> = {
  ...Object.fromEntries(
    STAGES.flatMap((stage): [string, [Question, (state: reference.ReferenceState) => unknown]][] => [
      [
        `current in ${stage}`,
        [
          (a, f) => idAndTime(current(a, stage, f), a, f),
          (state) => held(reference.inStage(state, stage)[0]),
        ],
      ],
      [
        `all in ${stage}`,
        [
          (a, f) => [...inStage(a, stage, f)].map(({ id }) => id),
          (state) => reference.inStage(state, stage).map(({ version }) => version.id),
        ],
      ],
    ]),
  ),
  latest: [(a, f) => latest(a, f), (state) => reference.latest(state)?.id],
  deprecated: [(a, f) => isDeprecated(a, f), (state) => state.deprecated],
  summary: [(a, f) => summaryOf(a, {}, f), summary],
};

const sinceAndTime = (event: OrderedEvent | undefined) => event && [event.tag, event.time];

const idAndTime = (last: { id: string; event: Event } | undefined, artifact: Artifact, facts: Facts) =>
  last && [last.id, last.event.tag, effectiveTime(last.event, artifact, facts)];
const held = (one: reference.ReferenceInStage | undefined) =>
  one && [one.version.id, one.assignment.tag, one.assignment.time];

function summary(state: reference.ReferenceState) {
  if (state.events.length === 0) return undefined;
  const stages = reference.stagesUsed(state).flatMap((stage: StageName) => {
    const one = reference.inStage(state, stage)[0];
    return one ? [[stage, [one.version.id]]] : [];
  });
  return { latest: reference.latest(state)?.id, stages, deprecated: state.deprecated };
}

const RUNS = { numRuns: cases(400, 120) };

describe('questions asked with the objects that are known', () => {
  it('have the answers of the whole fold', () => {
    fc.assert(
      fc.property(registries, fc.nat(20), ({ listed, objects, events }, at) => {
        for (const [name, tags] of tagsByArtifact(listed)) {
          const artifact = artifactIn(name, tags);
          if (artifact.events.length === 0) continue;
          const own = events.filter((event) => event.artifact === name);
          for (const [what, [question, expected]] of Object.entries(QUESTIONS)) {
            const now = answer((facts) => question(artifact, facts), objects);
            expect([what, now.answer]).toEqual([what, expected(reference.referenceState(name, own))]);
            const then = answer((facts) => question(asOf(artifact, at, facts), COMPLETE), objects);
            expect([what, at, then.answer]).toEqual([
              what,
              at,
              expected(reference.referenceState(name, own, at)),
            ]);
          }
        }
      }),
      RUNS,
    );
  });

  it('say since when a version is current, as the whole fold does', () => {
    fc.assert(
      fc.property(registries, ({ listed, objects, events }) => {
        for (const [name, tags] of tagsByArtifact(listed)) {
          const artifact = artifactIn(name, tags);
          const state = reference.referenceState(
            name,
            events.filter((event) => event.artifact === name),
          );
          for (const stage of STAGES) {
            const since = answer((facts) => sinceAndTime(currentSince(artifact, stage, facts)), objects);
            const expected = reference.since(state, stage);
            expect([stage, since.answer]).toEqual([stage, expected && [expected.tag, expected.time]]);
          }
        }
      }),
      { numRuns: 150 },
    );
  });

  it('are never answered where an object that is missing could change the answer', () => {
    let damaged = 0;
    fc.assert(
      fc.property(
        registries,
        fc.nat(23),
        fc.array(history, { minLength: 1, maxLength: 1 }),
        ({ listed, objects }, index, [others = []]) => {
          const lost = listed[index % Math.max(1, listed.length)];
          const name = lost && parseTagName(lost.name);
          if (lost === undefined || name === undefined) return;
          const broken = listed.map((one) => (one === lost ? { ...one, peeled: 'unknown' as const } : one));
          const artifact = artifactIn(name.artifact, tagsByArtifact(broken).get(name.artifact) ?? []);
          const without = new Map(objects).set(lost.name, 'missing');
          for (const [what, [question, expected]] of Object.entries(QUESTIONS)) {
            const since = answer((facts) => question(artifact, facts), without);
            if (since.answer === 'damaged') {
              damaged += 1;
              continue;
            }
            // whatever the object said, the answer would be the same
            for (const content of possible(
              lost.name,
              others.map(({ tag }) => tag),
            )) {
              const events = [...new Map(objects).set(lost.name, content).values()].filter(
                (fact): fact is Event => typeof fact === 'object' && fact.artifact === name.artifact,
              );
              expect([what, since.answer]).toEqual([
                what,
                expected(reference.referenceState(name.artifact, events)),
              ]);
            }
          }
        },
      ),
      RUNS,
    );
    expect(damaged).toBeGreaterThan(RUNS.numRuns / 4);
  });
});

/** Objects that a tag of some name may have had: with the commits, dates and messages of others, or none that is an event. */
function possible(tagName: string, others: readonly AnnotatedTag[]): Fact[] {
  const name = parseTagName(tagName);
  if (name === undefined) return [false];
  return [false, ...others.map((other) => eventOf(name, { ...other, name: tagName }))];
}
