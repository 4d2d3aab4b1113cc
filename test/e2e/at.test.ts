import { describe, expect, test } from 'vitest';
import { jsonIn, type Run, regIn, transcript } from '../support/cli-here.js';
import { sandbox } from '../support/repo.js';
import { makeRegistry, tagHourly } from './registry.js';

const box = sandbox();
const registry = makeRegistry(box, 'registry', 'churn', 'declared');
registry.commit();
// one event an hour, the first at midnight
tagHourly(box, registry, 'churn@v1.0.0 HEAD~1', 'churn#prod#1 HEAD~1', 'churn@v1.1.0', 'churn#prod#2');
tagHourly(box, registry, 'churn#prod!#3', 'churn@v1.1.0!', 'churn@deprecated');
const reg = regIn(box, registry.dir);
const json = jsonIn(box, registry.dir);
const at = (hour: number): string[] => ['--at', `2026-01-01T0${hour}:30:00Z`];
const words = (line: string): string[] => line.split(' ');

/** What a command answered at half past each hour. */
async function throughTheDay(command: string): Promise<Run[]> {
  const runs: Run[] = [];
  for (const hour of [0, 1, 3, 4, 5, 6]) runs.push(await reg(...words(command), ...at(hour)));
  return runs;
}

describe('--at', () => {
  test('which --all', async () => {
    const runs = await throughTheDay('which churn prod --all');
    expect(runs.map(({ stdout }) => stdout.trim().split('\n'))).toEqual([
      [''],
      ['v1.0.0'],
      ['v1.1.0', 'v1.0.0'],
      ['v1.0.0'],
      ['v1.0.0'],
      ['v1.0.0'],
    ]);
    expect(runs.map(({ code }) => code)).toEqual([1, 0, 0, 0, 0, 0]);
  });

  test('latest', async () => {
    const runs = await throughTheDay('latest churn');
    expect(runs.map(({ stdout }) => stdout.trim())).toEqual(
      words('v1.0.0 v1.0.0 v1.1.0 v1.1.0 v1.0.0 v1.0.0'),
    );
  });

  test('show: declarations of today are not part of the past', async () => {
    const runs = await throughTheDay('show');
    expect(transcript(...runs.slice(0, -1))).toMatchInlineSnapshot(`
      "$ reg show --at 2026-01-01T00:30:00Z
      churn	v1.0.0	-	active

      $ reg show --at 2026-01-01T01:30:00Z
      churn	v1.0.0	prod=v1.0.0	active

      $ reg show --at 2026-01-01T03:30:00Z
      churn	v1.1.0	prod=v1.1.0	active

      $ reg show --at 2026-01-01T04:30:00Z
      churn	v1.1.0	prod=v1.0.0	active

      $ reg show --at 2026-01-01T05:30:00Z
      churn	v1.0.0	prod=v1.0.0	active
      "
    `);
    expect(runs.at(-1)).toMatchObject({ stdout: '', code: 0 });
    expect((await reg('show')).stdout).toBe('declared\t-\t-\tdeclared\n');
  });

  test('show of an artifact and of what a stage held', async () => {
    expect(
      transcript(
        await reg('show', 'churn', ...at(3)),
        await reg('show', 'churn#prod', ...at(3)),
        await reg('show', 'churn@latest', ...at(1)),
        await reg('show', 'churn@v1.1.0', ...at(1)),
      ),
    ).toMatchInlineSnapshot(`
      "$ reg show churn --at 2026-01-01T03:30:00Z
      v1.1.0	prod	2026-01-01T02:00:00Z	Ann Lee	<oid 1>	Said of churn@v1.1.0
      v1.0.0	-	2026-01-01T00:00:00Z	Ann Lee	<oid 2>	Said of churn@v1.0.0

      $ reg show 'churn#prod' --at 2026-01-01T03:30:00Z
      v1.1.0	prod	2026-01-01T02:00:00Z	Ann Lee	<oid 1>	Said of churn@v1.1.0

      $ reg show churn@latest --at 2026-01-01T01:30:00Z
      v1.0.0	prod	2026-01-01T00:00:00Z	Ann Lee	<oid 2>	Said of churn@v1.0.0

      $ reg show churn@v1.1.0 --at 2026-01-01T01:30:00Z
      -- stderr --
      error: churn had no version v1.1.0 at 2026-01-01T01:30:00Z
      hint: see which it had, with: reg show churn --at 2026-01-01T01:30:00Z
      -- exit 1 --
      "
    `);
  });

  test('stages', async () => {
    expect(await json('stages', '--used', ...at(0))).toEqual([]);
    expect(await json('stages', '--used', ...at(1))).toEqual(['prod']);
  });

  test('history', async () => {
    expect(await json('history', 'churn', ...at(2))).toMatchObject([
      { tag: 'churn@v1.1.0' },
      { tag: 'churn#prod#1' },
      { tag: 'churn@v1.0.0' },
    ]);
    expect(await json('history', ...at(0))).toHaveLength(1);
  });

  test('check-ref', async () => {
    expect(await json('check-ref', 'churn#prod#1', ...at(1))).toMatchObject({ current: true });
    expect(await json('check-ref', 'churn#prod#1', ...at(3))).toMatchObject({ current: false });
    expect(await json('check-ref', 'churn#prod#1', ...at(4))).toMatchObject({ current: true });
    expect(await reg('check-ref', 'churn#prod#2', ...at(1))).toMatchObject({ stdout: '', code: 1 });
  });

  test('describe and load', async () => {
    expect(await json('describe', 'churn#prod', ...at(1))).toMatchObject({ version: 'v1.0.0' });
    expect(await json('describe', 'churn@latest', ...at(3))).toMatchObject({ version: 'v1.1.0' });
    expect(await reg('load', 'churn#prod', '-o', '-', ...at(1))).toMatchObject({
      stdout: 'a model',
      code: 0,
    });
    expect(await reg('load', 'churn#prod', '-o', '-', ...at(0))).toMatchObject({ stdout: '', code: 1 });
  });
});

test('an hour is included from its first second on, whatever the time zone says', async () => {
  const which = async (time: string) => (await reg('which', 'churn', 'prod', '--at', time)).stdout.trim();
  expect(await which('2026-01-01T03:00:00Z')).toBe('v1.1.0');
  expect(await which('2026-01-01T02:59:59Z')).toBe('v1.0.0');
  expect(await which('2026-01-01T05:00:00+02:00')).toBe('v1.1.0');
  expect(await which('2026-01-01T02:59:59.999Z')).toBe('v1.0.0');
});
