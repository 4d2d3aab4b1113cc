import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_CONFIG } from '../../src/documents/config.js';
import type { ArtifactState } from '../../src/domain/artifact.js';
import type { ArtifactName } from '../../src/domain/names.js';
import type { Plan, Snapshot } from '../../src/domain/plan.js';
import { RegError } from '../../src/errors.js';
import type { RegistryContext } from '../../src/registry/context.js';
import { readState } from '../../src/registry/read.js';
import type { WriteRow } from '../../src/registry/rows.js';
import { write } from '../../src/registry/write.js';
import { ARTIFACTS, anyRegistry, STAGES } from '../support/arbitraries.js';
import { buildRegistry, type Registry } from '../support/builders.js';
import { cases } from '../support/soak.js';
import { listTags } from '../support/tags.js';
import { anyWish, type Wish } from './wishes.js';

const RUNS = cases(2000, 400);
const CONFIG = { ...DEFAULT_CONFIG, stages: STAGES };

describe('writes', () => {
  it('an accepted write holds afterwards; a refused one changes nothing', async () => {
    let granted = 0;
    const wishes = fc.array(anyWish, { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(anyRegistry, fc.constantFrom(...ARTIFACTS), wishes, async (tags, artifact, all) => {
        // a damaged artifact is refused, and test/e2e/damaged.test.ts has that
        const registry = buildRegistry(tags.filter(({ form }) => form !== 'missing'));
        for (const one of all) if (await grant(registry, artifact, one)) granted += 1;
      }),
      { numRuns: RUNS },
    );
    expect(granted).toBeGreaterThan(RUNS / 4);
  });
});

/** Makes one request and checks all that follows from it; tells whether tags were written. */
async function grant(
  { repository, commits }: Registry,
  artifact: ArtifactName,
  wish: Wish,
): Promise<boolean> {
  const context = {
    repository,
    config: async () => CONFIG,
    remote: async () => 'origin',
    workTree: async () => undefined,
    around: { env: {} },
    note: () => undefined,
    now: () => 0,
  } as unknown as RegistryContext;
  const decide = (snapshot: Snapshot): Plan => wish.decide(snapshot, commits);
  const [before, refs] = [await readState(context), await listTags(repository)];
  let answer: WriteRow[];
  try {
    const planned = await write(context, artifact, decide, { unlinked: true, dryRun: true });
    expect(await listTags(repository), 'a dry run writes nothing').toEqual(refs);
    ({ rows: answer } = await write(context, artifact, decide, { unlinked: true }));
    const withoutOid = (row: WriteRow): WriteRow => ({ ...row, oid: null });
    expect(answer.map(withoutOid)).toEqual(planned.rows.map(withoutOid));
  } catch (error) {
    if (!(error instanceof RegError)) throw error;
    expect(await listTags(repository), 'a refusal writes nothing').toEqual(refs);
    return false;
  }
  // what was there before is an answer too, and nothing was written
  const rows = answer.filter(({ created }) => created);
  const [state, listed] = [await readState(context), await listTags(repository)];
  const [after, old] = [state.get(artifact), before.get(artifact)];
  if (after === undefined) throw new Error(`${wish.what} left no event`);
  wish.check({ before: old, after, rows, commits });
  const made = rows.map(({ tag, oid }) => ({ name: tag, oid }));
  expect(listed, 'the tags are those before and those told').toHaveLength(refs.length + made.length);
  expect(listed).toEqual(expect.arrayContaining([...refs, ...made]));
  const others = (all: typeof state) => [...all].filter(([name]) => name !== artifact);
  expect(others(state), 'other artifacts').toEqual(others(before));
  checkPlaces(after, old, rows);
  return rows.length > 0;
}

/** New events come last, each with the one before it as its parent, and with date and counter above all others. */
function checkPlaces(
  after: ArtifactState,
  before: ArtifactState | undefined,
  rows: readonly WriteRow[],
): void {
  const old = (before?.events ?? []).map(({ tag }) => tag);
  expect(after.events.map(({ tag }) => tag)).toEqual([...old, ...rows.map(({ tag }) => tag)]);
  for (const event of after.events.slice(old.length)) {
    expect(event.parent).toBe(after.events[event.place - 1]?.tagOid);
    for (const earlier of after.events.slice(0, event.place)) {
      expect(event.date).toBeGreaterThan(earlier.date);
      if (event.counter !== undefined) expect(event.counter).toBeGreaterThan(earlier.counter ?? -1);
    }
  }
}
