import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type ArtifactState,
  latestVersion,
  stagesUsed,
  stateOf,
  versionsGreatestFirst,
  versionsInStage,
} from '../../src/domain/artifact.js';
import { eventOf } from '../../src/domain/event.js';
import { history } from '../support/arbitraries.js';
import * as reference from '../support/reference-fold.js';
import { cases } from '../support/soak.js';

const answers = (state: ArtifactState) => ({
  name: state.name,
  deprecated: state.deprecated,
  events: state.events.map(({ tag, time, place, of }) => ({ tag, time, place, of })),
  latest: latestVersion(state)?.id,
  versions: versionsGreatestFirst(state).map(({ id, registered, active, commit, event }) => ({
    id,
    registered,
    active,
    commit,
    tag: event.tag,
  })),
  stages: stagesUsed(state).map((stage) => [
    stage,
    versionsInStage(state, stage).map(({ version, assignment }) => [version.id, assignment.tag]),
  ]),
});

const expected = (state: reference.ReferenceState) => ({
  name: state.name,
  deprecated: state.deprecated,
  events: state.events.map(({ tag, time, place, of }) => ({ tag, time, place, of })),
  latest: reference.latest(state)?.id,
  versions: reference.greatestFirst(state).map(({ id, registered, active, commit, event }) => ({
    id,
    registered,
    active,
    commit,
    tag: event.tag,
  })),
  stages: reference
    .stagesUsed(state)
    .map((stage) => [
      stage,
      reference.inStage(state, stage).map(({ version, assignment }) => [version.id, assignment.tag]),
    ]),
});

test('the fold says of random histories what the reference says, now and at any time', () => {
  fc.assert(
    fc.property(history, fc.option(fc.nat(20), { nil: undefined }), (tags, at) => {
      const events = tags.map(({ name, tag }) => eventOf(name, tag));
      const states = [...stateOf(events, at).values()].sort((a, b) => (a.name < b.name ? -1 : 1));
      expect(states.map(answers)).toEqual(reference.referenceStates(events, at).map(expected));
    }),
    { numRuns: cases(3000, 500) },
  );
});
