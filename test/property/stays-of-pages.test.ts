import fc from 'fast-check';
import { expect, test } from 'vitest';
import { currentIn, stagesUsed } from '../../src/domain/artifact.js';
import { intervalsIn } from '../../src/domain/timeline.js';
import type { RegistryContext } from '../../src/registry/context.js';
import { intervalRow } from '../../src/registry/make-rows.js';
import { readState } from '../../src/registry/read.js';
import { dayInStage, stayAt } from '../../src/site/web/stays.js';
import { build, registries } from '../support/registries.js';

test('what a page finds in the stays at a moment is what is current then', async () => {
  await fc.assert(
    fc.asyncProperty(registries, fc.integer({ min: 0, max: 45 }), async (tags, second) => {
      const context = {
        repository: build(tags),
        note: () => undefined,
        remote: async () => 'origin',
      } as unknown as RegistryContext;
      const now = await readState(context);
      const then = await readState(context, second);
      for (const artifact of now.values())
        for (const stage of stagesUsed(artifact)) {
          const rows = intervalsIn(artifact, stage).map(intervalRow);
          const past = then.get(artifact.name);
          expect(stayAt(rows, stage, second * 1000)?.version).toBe(
            past && currentIn(past, stage)?.version.id,
          );
        }
    }),
  );
});

const stay = (version: string, from: string, until: string | null) => ({
  stage: 'prod',
  version,
  from,
  until,
});

test('a day tells what was there at its start, what came, and when nothing was left', () => {
  const stays = [
    stay('v1', '2026-01-01T00:00:00Z', '2026-01-02T10:00:00Z'),
    stay('v2', '2026-01-02T10:00:00Z', '2026-01-02T12:00:00Z'),
    stay('v3', '2026-01-04T08:00:00Z', null),
  ];
  const on = (day: string) => dayInStage(stays, 'prod', day);
  expect(on('2025-12-31')).toMatchObject({ atStart: undefined, later: [], emptyFrom: undefined });
  expect(on('2026-01-01')).toMatchObject({ atStart: stays[0], later: [], emptyFrom: undefined });
  expect(on('2026-01-02')).toMatchObject({
    atStart: stays[0],
    later: [stays[1]],
    emptyFrom: '2026-01-02T12:00:00Z',
  });
  expect(on('2026-01-03')).toMatchObject({ atStart: undefined, later: [], emptyFrom: undefined });
  expect(on('2026-01-04')).toMatchObject({ atStart: undefined, later: [stays[2]], emptyFrom: undefined });
  expect(on('2026-01-05')).toMatchObject({ atStart: stays[2], later: [] });
});
