import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RegError } from '../../src/errors.js';
import type { RegistryContext } from '../../src/registry/context.js';
import { history } from '../../src/registry/history.js';
import { readArtifact, readState } from '../../src/registry/read.js';
import { overview, versions } from '../../src/registry/show.js';
import { overviewEntries, readRegistered } from '../../src/site/data.js';
import { pastBetween, pastOf, versionTurns } from '../../src/site/past.js';
import { dayAfter, monthAfter, monthOf, startOf } from '../../src/site/web/moments.js';
import { overviewOn, versionsOn } from '../../src/site/web/past.js';
import { build, registries } from '../support/registries.js';

const HALF_A_DAY = 43_200;

function contextOf(
  tags: Parameters<typeof build>[0],
  stages: readonly string[] | undefined,
): RegistryContext {
  // two events may come in one day, and some at the moment at which it begins
  const repository = build(tags.map((tag) => ({ ...tag, date: tag.date * HALF_A_DAY })));
  return {
    repository,
    note: () => undefined,
    remote: async () => 'origin',
    exclusion: async () => undefined,
    configBytes: async () => stages && Buffer.from(`stages: [${stages}]`),
    config: async () => ({ stages }),
    workTree: async () => undefined,
    folder: async () => '',
  } as unknown as RegistryContext;
}

const day = fc.integer({ min: 0, max: 22 }).map((days) => dayAfter('1970-01-01', days));
const stages = fc.constantFrom(undefined, ['prod'], ['dev', 'prod']);

test('the overview of a page on a day is that of reg show --at', async () => {
  await fc.assert(
    fc.asyncProperty(registries, day, stages, async (tags, on, listed) => {
      const context = contextOf(tags, listed);
      const at = new Date(startOf(on));
      const expected = await overview(context, { at, deprecated: true });
      const past = await pastOf(context, [...(await readState(context)).values()]);
      const month = monthOf(on);
      const [from, to] = [month, monthAfter(month)].map((one) => startOf(`${one}-01`) / 1000);
      const { rows } = overviewOn(pastBetween(past, from ?? 0, to ?? 0), on);
      const shown = rows.map(({ behind: _, held: __, changed: ___, changedBy: ____, ...row }) => row);
      const byName = (a: { artifact: string }, b: { artifact: string }): number =>
        a.artifact < b.artifact ? -1 : 1;
      expect(shown.sort(byName)).toEqual(expected.sort(byName));
    }),
  );
});

test('a past that lasts until now is what the overview says now', async () => {
  await fc.assert(
    fc.asyncProperty(registries, async (tags) => {
      const context = contextOf(tags, undefined);
      const registered = await readRegistered(context);
      const past = await pastOf(context, [...registered.states.values()]);
      const { rows } = overviewOn(
        pastBetween(past, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY),
        '2000-01-01',
      );
      expect(rows).toEqual(expect.arrayContaining(overviewEntries(registered)));
      expect(rows).toHaveLength(registered.rows.length);
    }),
  );
});

test('the versions of a page on a day are those of reg show A --at', async () => {
  await fc.assert(
    fc.asyncProperty(registries, day, async (tags, on) => {
      const context = contextOf(tags, undefined);
      const at = new Date(startOf(on));
      for (const name of (await readState(context)).keys()) {
        const expected = await versions(context, name, { at }).catch((error: unknown) => {
          if (error instanceof RegError && error.code === 'UNKNOWN_ARTIFACT') return [];
          throw error;
        });
        const artifact = await readArtifact(context, name);
        const past = pastBetween(
          await pastOf(context, [artifact]),
          Number.NEGATIVE_INFINITY,
          Number.POSITIVE_INFINITY,
        );
        const [row] = overviewOn(past, on).rows;
        const held = Object.entries((row?.stages ?? {}) as Record<string, string>).map(
          ([stage, version]) => ({ stage, version }),
        );
        const page = { history: await history(context, name, {}), versionTurns: versionTurns(artifact) };
        expect(versionsOn(page, held, on)).toEqual(expected);
      }
    }),
  );
});

test.each(['foo', '2026-02-31', '2026-2-1', '', '2026-13-01', '20260101'])('%j is no day', (text) => {
  expect(startOf(text)).toBeNaN();
});
