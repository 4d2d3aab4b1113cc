import { describe, expect, test } from 'vitest';
import { openRegistry } from '../../src/index.js';
import { jsonIn, regIn } from '../support/cli-here.js';
import { sandbox } from '../support/repo.js';
import { pairs } from '../support/soak.js';
import { tagHourly } from './registry.js';

const box = sandbox();
const registry = box.repository('registry');
const linked = (more: string): string => `source: {path: model.bin}\n${more}`;
registry.commit({
  '.reg.yaml': 'stages: [dev, staging, prod]\n',
  'model.bin': 'bytes',
  'churn.model.yaml': linked('type: model\nlabels: {team: pricing}\n'),
  'fraud.model.yaml': linked('type: model\nlabels: {team: risk, tier: gold}\n'),
  'artifacts.yaml': 'words: {type: dataset, path: model.bin, labels: [gold, team=risk]}\n',
  'fresh.model.yaml': linked('labels: {team: pricing}\n'),
});
// hour by hour from 2026-01-01T00:00:00Z
tagHourly(
  box,
  registry,
  'churn@v1.0.0',
  'fraud@v3.0.0',
  'churn#prod#1',
  'words@v2.0.0',
  'old@v1.0.0',
  'old#prod#1',
);
registry.commit({ 'churn.model.yaml': linked('type: model\nlabels: {team: growth}\n') });
tagHourly(box, registry, 'churn@v1.1.0', 'fraud#dev#1', 'old@deprecated');
const reg = regIn(box, registry.dir);
const json = jsonIn(box, registry.dir);
const names = async (...args: string[]): Promise<string[]> =>
  ((await json('show', ...args)) as { artifact: string }[]).map(({ artifact }) => artifact);

describe('show leaves out what is not asked for', () => {
  const FILTERS: [string[], string[]][] = [
    [[], ['churn', 'fraud', 'fresh', 'words']],
    [['--label', 'team=growth'], ['churn']],
    [['--label', 'team=pricing'], ['fresh']],
    [
      ['--label', 'team=risk'],
      ['fraud', 'words'],
    ],
    [
      ['--label', 'team'],
      ['churn', 'fraud', 'fresh'],
    ],
    [['--label', 'team=risk', '--label', 'gold'], ['words']],
    [['--label', 'tier=gold'], ['fraud']],
    [
      ['--type', 'model'],
      ['churn', 'fraud'],
    ],
    [['--type', 'model', '--label', 'team=risk'], ['fraud']],
    [['--stage', 'prod'], ['churn']],
    [
      ['--stage', 'prod', '--deprecated'],
      ['churn', 'old'],
    ],
    [['--stage', 'staging'], []],
    [['--behind'], ['churn']],
    [['--behind', 'prod'], ['churn']],
    [['--behind', 'dev'], []],
    [
      ['--never', 'prod'],
      ['fraud', 'fresh', 'words'],
    ],
    [
      ['--never', 'prod', '--registered-only'],
      ['fraud', 'words'],
    ],
    [
      ['--sort', 'semver'],
      ['fraud', 'words', 'churn', 'fresh'],
    ],
    [
      ['--sort', 'timestamp'],
      ['fraud', 'churn', 'words', 'fresh'],
    ],
    [['--sort', 'timestamp', '-n', '1'], ['fraud']],
    [
      ['-n', '2'],
      ['churn', 'fraud'],
    ],
    // the past has its own labels
    [['--at', '2026-01-01T05:30:00Z', '--label', 'team=pricing'], ['churn']],
    [['--at', '2026-01-01T05:30:00Z', '--behind'], []],
    [
      ['--at', '2026-01-01T01:30:00Z', '--never', 'prod'],
      ['churn', 'fraud'],
    ],
  ];
  test.each(pairs(FILTERS, ['git', 'embedded']))('%j, with %s', async ([args, expected], mode) => {
    const { stdout } = await regIn(box, registry.dir, { REG_GIT: mode })('show', ...args, '--json');
    expect(JSON.parse(stdout).map(({ artifact }: { artifact: string }) => artifact)).toEqual(expected);
  });

  test('versions of one artifact too', async () => {
    const versions = async (...args: string[]) =>
      ((await json('show', ...args)) as { version: string }[]).map(({ version }) => version);
    expect(await versions('churn', '--label', 'team=pricing')).toEqual(['v1.0.0']);
    expect(await versions('churn', '--never', 'prod')).toEqual(['v1.1.0']);
    expect(await versions('churn', '--stage', 'prod')).toEqual(['v1.0.0']);
    expect(await versions('churn', '--behind', 'prod', '--sort', 'timestamp')).toEqual(['v1.0.0']);
    expect(await versions('churn', '-n', '1')).toEqual(['v1.1.0']);
    expect((await reg('show', 'churn', '--sort', 'name')).code).toBe(2);
  });

  test('a stage that nothing names is a typing error', async () => {
    for (const option of ['--stage', '--behind', '--never']) {
      const { code, stderr } = await reg('show', option, 'prodd');
      expect(code).toBe(1);
      expect(stderr).toContain("did you mean 'prod'?");
    }
  });
});

describe('a stage of all artifacts', () => {
  test('which', async () => {
    expect((await reg('which', '#prod')).stdout).toBe('churn\tv1.0.0\nold\tv1.0.0\n');
    expect(await json('which', '#prod')).toMatchObject([
      { artifact: 'churn', stage: 'prod', version: 'v1.0.0' },
      { artifact: 'old', stage: 'prod', version: 'v1.0.0' },
    ]);
    expect((await reg('which', '#prod', '--at', '2026-01-01T03:00:00Z')).stdout).toBe('churn\tv1.0.0\n');
    expect((await reg('which', 'churn#prod')).stdout).toBe('v1.0.0\n');
    expect(await reg('which', '#staging')).toMatchObject({
      code: 0,
      stdout: '',
      stderr: 'no version is in stage staging\n',
    });
    expect(await reg('which', '#prodd')).toMatchObject({ code: 1, stdout: '' });
  });

  test('show', async () => {
    const { stdout } = await reg('show', '#prod');
    expect(stdout).toMatch(/^churn\tv1\.0\.0\tprod\t.*\n$/);
    expect(await names('#prod', '--deprecated')).toEqual(['churn', 'old']);
    expect(await names('#prod', '--label', 'team=risk')).toEqual([]);
    expect(await reg('show', '#prodd')).toMatchObject({ code: 1, stdout: '' });
  });

  test('the library asks alike', async () => {
    const library = await openRegistry(registry.dir, { env: box.env });
    const held = await library.which('#prod');
    expect(held.map(({ artifact }) => artifact)).toEqual(['churn', 'old']);
    expect(await library.show('#prod')).toHaveLength(1);
    expect(await library.show({ labels: ['team=risk'], limit: 1 })).toMatchObject([{ artifact: 'fraud' }]);
    expect(await library.history(undefined, { by: 'ann@example.com', limit: 1 })).toHaveLength(1);
  });
});

test('history of one tagger', async () => {
  const [first] = (await json('history', '-n', '1')) as { email: string }[];
  const email = first?.email ?? '';
  expect((await reg('history', '--by', email.toUpperCase())).stdout).toBe((await reg('history')).stdout);
  expect((await reg('history', '--by', email, '--intervals')).stdout).toBe(
    (await reg('history', '--intervals')).stdout,
  );
  expect(await reg('history', '--by', 'bob@example.com')).toMatchObject({
    code: 0,
    stdout: '',
    stderr: expect.stringContaining(`no event is by bob@example.com; `),
  });
});

describe('a past question gets a past answer', () => {
  test.each<[string[], string, string]>([
    [
      ['which', 'churn', 'prod'],
      'no version of churn was in stage prod at 2026-01-01T00:30:00Z',
      'see when one was, with: reg history churn --stage prod --intervals',
    ],
    [
      ['show', 'churn#prod'],
      'no version of churn was in stage prod at 2026-01-01T00:30:00Z',
      'see when one was, with: reg history churn --stage prod --intervals',
    ],
    [
      ['load', 'churn#staging'],
      'no version of churn was in stage staging at 2026-01-01T00:30:00Z',
      'see when one was, with: reg history churn --stage staging --intervals',
    ],
    [
      ['describe', 'churn@v1.1.0'],
      'churn had no version v1.1.0 at 2026-01-01T00:30:00Z',
      'see which it had, with: reg show churn --at 2026-01-01T00:30:00Z',
    ],
    [
      ['latest', 'fraud'],
      'fraud had no event yet at 2026-01-01T00:30:00Z',
      'see when it began, with: reg history fraud --asc -n 1',
    ],
    [
      ['check-ref', 'fraud@v3.0.0'],
      "'fraud@v3.0.0' was not there yet at 2026-01-01T00:30:00Z",
      'see when it came, with: reg check-ref fraud@v3.0.0',
    ],
  ])('%j', async (args, message, hint) => {
    const { code, stderr } = await reg(...args, '--at', '2026-01-01T00:30:00Z');
    expect(code).toBe(1);
    expect(stderr).toBe(`error: ${message}\nhint: ${hint}\n`);
  });

  test('the overview of a time before everything', async () => {
    expect((await reg('show', '--at', '2020-01-01')).stderr).toBe(
      'there was no such artifact at 2020-01-01T00:00:00Z\n',
    );
    expect((await reg('show', '--at', 'now')).stdout).toContain('churn\tv1.1.0');
    expect((await reg('show', '--at', '30 years ago')).stdout).toBe('');
  });
});
