import { readdirSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { runHere } from '../support/here.js';
import { type Repository, sandbox } from '../support/repo.js';
import { turnsOf } from '../support/soak.js';

// Every command with a configuration that cannot be read (docs/specification.md, 4 Link files and configuration).

const box = sandbox();

/** How the configuration is broken, and the message about it. */
const BROKEN: [kind: string, files: Record<string, string>, env: Record<string, string>, message: string][] =
  [
    [
      '.reg.yaml',
      { '.reg.yaml': 'push: maybe\n' },
      {},
      '.reg.yaml:1: push: is neither true nor false: "maybe"',
    ],
    ['.gto', { '.gto': '\nstages: prod\n' }, {}, '.gto:2: stages: is not a list of names: "prod"'],
    [
      'GTO_STAGES',
      { '.gto': 'stages: [prod]\n' },
      { GTO_STAGES: 'prod' },
      'GTO_STAGES: is not a list of names, such as ["dev","prod"] in JSON: "prod"',
    ],
  ];

const WRITES = [
  ['register', 'churn'],
  ['register', 'churn', '--unlinked', '--dry-run'],
  ['assign', 'churn', 'qa'],
  ['assign', 'churn@v1.0.0', 'prod'],
  ['unassign', 'churn', 'prod'],
  ['rollback', 'churn', 'prod'],
  ['deregister', 'churn@v1.0.0'],
  ['deprecate', 'churn'],
  ['approve', 'churn@v1.0.0', 'prod'],
  ['link', 'model.bin', 'other', '--rev', 'main'],
  ['upload', 'model.bin', 'other', '--store', './store'],
  ['update'],
  ['import', 'mlem'],
];

const IN_TURN = BROKEN.map((one, place) => [...one, turnsOf(place, BROKEN.length)] as const);

describe.each(IN_TURN)('%s', (kind, files, env, message, turns) => {
  let registry: Repository;
  const reg = (...args: string[]) => runHere({ cwd: registry.dir, env: { ...box.env, ...env } }, ...args);

  beforeAll(() => {
    registry = box.repository(kind.replace(/\W/g, ''));
    registry.commit({ 'model.bin': 'bytes', 'model.bin.mlem': 'link_type: model\npath: model.bin\n' });
    registry.commit({ 'churn.model.yaml': 'reg: 1\nsource: {path: model.bin}\n' });
    registry.tag('churn@v1.0.0');
    registry.tag('churn#prod#1');
    registry.commit({ 'model.bin': 'other bytes', ...files });
  });

  test.each(turns.rows(WRITES).map((args) => [args.join(' '), args] as const))(
    'reg %s writes nothing',
    async (_, args) => {
      const run = await reg(...args, '--json');
      expect(JSON.parse(run.stderr).error).toMatchObject({ code: 'INVALID_CONFIG', message });
      expect(run).toMatchObject({ stdout: '', code: 1 });
      expect(registry.tags()).toEqual(['churn#prod#1', 'churn@v1.0.0']);
      expect(registry.git('status', '--porcelain')).toBe('');
      expect(readdirSync(registry.dir)).not.toContain('store');
    },
  );

  test.each([['validate'], ['validate --tags']])('reg %s finds it', async (line) => {
    const run = await reg(...line.split(' '), '--json');
    const file = kind === '.reg.yaml' ? '.reg.yaml' : '.gto';
    expect(JSON.parse(run.stdout)).toMatchObject({
      ok: false,
      findings: [{ level: 'error', rule: 'config-schema', file }],
    });
    const [{ message: found, line: at }] = JSON.parse(run.stdout).findings;
    expect(`${file}:${at}: ${found}`).toContain(message.replace(/^GTO/, '.gto:1: GTO'));
    expect(run.code).toBe(1);
  });

  test('reg doctor finds it among the rest', async () => {
    registry.git('tag', 'churn@v9.0.0');
    const run = await reg('doctor', '--json');
    registry.git('tag', '--delete', 'churn@v9.0.0');
    const found: { check: string; message: string }[] = JSON.parse(run.stdout);
    expect(found.map(({ check }) => check)).toEqual(expect.arrayContaining(['config', 'lightweight']));
    const [, text = ''] = /^(?:\.\w[\w.]*:\d+: )?(.*)$/.exec(message) ?? [];
    expect(found.find(({ check }) => check === 'config')?.message).toContain(text);
    expect(run.code).toBe(1);
  });

  test.each(turns.rows([['which', 'churn', 'prod'], ['latest', 'churn'], ['history'], ['show', 'churn']]))(
    'reg %s %s %s answers from the tags',
    async (...args) => {
      const run = await reg(...args.filter(Boolean));
      expect([run.code, run.stdout]).toEqual([0, expect.stringContaining('v1.0.0')]);
    },
  );
});

test('reg init reads .gto, and refuses a broken one', async () => {
  const registry = box.repository('init');
  registry.commit({ '.gto': 'stages: prod\n' });
  const run = await runHere({ cwd: registry.dir, env: box.env }, 'init');
  expect(run.stderr).toBe('error: .gto:1: stages: is not a list of names: "prod"\n');
  expect(readdirSync(registry.dir)).not.toContain('.reg.yaml');
});

test('types of .gto hold for links that are written, and for those that are there', async () => {
  const registry = box.repository('types');
  registry.commit({ 'model.bin': 'bytes', '.gto': 'types: [data]\n' });
  const reg = (...args: string[]) => runHere({ cwd: registry.dir, env: box.env }, ...args);
  expect(await reg('link', 'model.bin', 'churn', '--rev', 'main')).toMatchObject({ code: 0 });
  expect((await reg('validate')).stdout).not.toContain('link-type');
  registry.commit({ 'old.model.yaml': 'reg: 1\nsource: {path: model.bin}\ntype: model\nlabels: [a, b]\n' });
  const refused = await reg('link', 'model.bin', 'old', '--rev', 'main', '--force');
  expect(refused).toMatchObject({
    code: 1,
    stderr:
      "error: the type 'model' is not among the types that the configuration of gto allows\nhint: use one of these types: data\n",
  });
  expect((await reg('validate')).stdout).toContain(
    "old.model.yaml:3: error: the type 'model' is not among those that .gto allows: data [link-type]",
  );
});

test('labels of a link may be a list, and stay when others are added', async () => {
  const registry = box.repository('labels');
  registry.commit({
    'model.bin': 'bytes',
    'churn.model.yaml': 'reg: 1\nsource: {path: model.bin}\nlabels: [pricing, tabular]\n',
  });
  const reg = (...args: string[]) => runHere({ cwd: registry.dir, env: box.env }, ...args);
  expect(JSON.parse((await reg('describe', 'churn', '--json')).stdout).labels).toEqual([
    'pricing',
    'tabular',
  ]);
  await reg('link', 'model.bin', 'churn', '--rev', 'main', '--label', 'team=a', '--force');
  registry.git('commit', '--quiet', '--all', '--message', 'Label');
  expect(JSON.parse((await reg('describe', 'churn', '--json')).stdout).labels).toEqual({
    pricing: true,
    tabular: true,
    team: 'a',
  });
});
