import fc from 'fast-check';
import { expect } from 'vitest';
import {
  planAssign,
  planDeprecate,
  planDeregister,
  planRegister,
  planRollback,
  planUnassign,
} from '../../src/domain/actions.js';
import { type ArtifactState, currentIn, versionsInStage } from '../../src/domain/artifact.js';
import type { Oid } from '../../src/domain/event.js';
import type { Plan, Snapshot } from '../../src/domain/plan.js';
import type { WriteRow } from '../../src/registry/rows.js';
import { STAGES, VERSIONS } from '../support/arbitraries.js';

/** What came of a request that was granted; `before` is undefined for an artifact that had no event. */
export interface Granted {
  before: ArtifactState | undefined;
  after: ArtifactState;
  rows: readonly WriteRow[];
  commits: readonly Oid[];
}

/** A request, and the check of what must hold once it is granted. */
export interface Wish {
  what: string;
  decide: (snapshot: Snapshot, commits: readonly Oid[]) => Plan;
  check: (granted: Granted) => void;
}

const wish = (what: string, decide: Wish['decide'], check: Wish['check']): Wish =>
  Object.assign({ what, decide, check }, { [fc.toStringMethod]: () => what });

const pick = <T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
const maybe = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: undefined });
const message = maybe(pick('Go live', 'Go live\n\nFixes: 1\nReviewed-by: Bo\n', '  '));
const force = fc.boolean();

const registering = fc
  .record({ version: maybe(pick(...VERSIONS)), at: fc.nat(3), force, message })
  .map(({ at, ...request }) =>
    wish(
      `register ${request.version ?? 'the next version'} at commit ${at}`,
      (snapshot, commits) => planRegister(snapshot, { ...request, commit: commits[at] ?? '' }),
      ({ after, rows, commits }) => {
        const made = after.versions.get(rows[0]?.version ?? '');
        expect(made).toMatchObject({ registered: true, active: true, commit: commits[at] });
        if (request.version !== undefined) expect(made?.id).toBe(request.version);
      },
    ),
  );

const assigning = fc
  .record({
    stage: pick(...STAGES),
    wanted: fc.oneof(pick(...VERSIONS), fc.nat(3)),
    noRegister: fc.boolean(),
    message,
  })
  .map(({ wanted, ...request }) =>
    wish(
      `assign ${wanted} to ${request.stage}${request.noRegister ? ', without registering' : ''}`,
      (snapshot, commits) => {
        const target = typeof wanted === 'number' ? { commit: commits[wanted] ?? '' } : { version: wanted };
        return planAssign(snapshot, { ...request, target });
      },
      ({ before, after, rows, commits }) => {
        const current = currentIn(after, request.stage)?.version;
        if (typeof wanted === 'number') expect(current?.commit).toBe(commits[wanted]);
        else expect(current?.id).toBe(wanted);
        if (rows.length > 0) expect(rows.at(-1)?.version).toBe(current?.id);
        else expect(before && currentIn(before, request.stage)?.version.id).toBe(current?.id);
      },
    ),
  );

const unassigning = fc
  .record({ stage: pick(...STAGES), version: maybe(pick(...VERSIONS)), force, message })
  .map(({ stage, version, ...how }) =>
    wish(
      `unassign ${version ?? 'what is current'} from ${stage}`,
      (snapshot) => planUnassign(snapshot, stage, version, how),
      ({ after, rows }) => {
        const held = versionsInStage(after, stage).map((one) => one.version.id);
        expect(held).not.toContain(rows[0]?.version);
      },
    ),
  );

const deregistering = fc.record({ version: pick(...VERSIONS), force, message }).map(({ version, ...how }) =>
  wish(
    `deregister ${version}`,
    (snapshot) => planDeregister(snapshot, version, how),
    ({ after }) => expect(after.versions.get(version)?.active).toBe(false),
  ),
);

const deprecating = fc.record({ force, message }).map((how) =>
  wish(
    'deprecate',
    (snapshot) => planDeprecate(snapshot, how),
    ({ after }) => expect(after.deprecated).toBe(true),
  ),
);

const rollingBack = fc.record({ stage: pick(...STAGES), force, message }).map(({ stage, ...how }) =>
  wish(
    `roll ${stage} back`,
    (snapshot) => planRollback(snapshot, stage, how),
    ({ before, after, rows }) => {
      const current = currentIn(after, stage)?.version.id;
      expect(current).toBe(rows[0]?.version);
      expect(current).not.toBe(before && currentIn(before, stage)?.version.id);
    },
  ),
);

/** Any request about one artifact. */
export const anyWish: fc.Arbitrary<Wish> = fc.oneof(
  { weight: 2, arbitrary: registering },
  { weight: 2, arbitrary: assigning },
  ...[unassigning, deregistering, deprecating, rollingBack],
);
