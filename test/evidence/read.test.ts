import { describe, expect, test } from 'vitest';
import type { Evidence } from '../../src/evidence/evidence.js';
import { type EvidenceOptions, readEvidence } from '../../src/evidence/read.js';
import { memoryRepository } from '../support/memory.js';
import { START } from '../support/repo.js';

const repository = memoryRepository({ name: 'Ann', email: 'ann@example.com', now: START, zone: '+0000' });
const stores = {
  openStore: async () => {
    throw new Error('no store is to be asked');
  },
};

const read = (
  files: Readonly<Record<string, string>>,
  path = 'model.pkl',
  options: EvidenceOptions = {},
): Promise<Evidence> =>
  readEvidence(
    {
      objects: repository.objects,
      commit: repository.commit(files),
      path,
      stores,
      around: { env: {} },
      at: undefined,
      mayFetch: false,
    },
    options,
  );

const facts = (items: readonly { name: string; value: unknown; relation: string }[]): string[] =>
  items.map(({ name, value, relation }) => `${name} ${String(value)} ${relation}`);

const TWO = {
  'dvc.yaml': `stages:
  prepare: {cmd: p, deps: [raw.csv], outs: [data.csv], metrics: [{data.json: {cache: false}}]}
  train: {cmd: 't --host \${host}', deps: [data.csv, train.py], outs: [model.pkl], params: [host, lr], metrics: [{train.json: {cache: false}}]}
  evaluate: {cmd: e, deps: [model.pkl], metrics: [{eval.json: {cache: false}}]}
  rival: {cmd: r, deps: [data.csv], outs: [rival.pkl], metrics: [{rival.json: {cache: false}}]}
`,
  'params.yaml': 'host: db7.example.com\nlr: 0.1\n',
  'data.json': '{"rows": 3}',
  'train.json': '{"loss": 0.1}',
  'eval.json': '{"loss": 0.2}',
  'rival.json': '{"loss": 0.3}',
};

describe('whose metric is it', () => {
  test('what the stage of another model made is left out', async () => {
    const { metrics, commands, data } = await read(TWO);
    expect(facts(metrics)).toEqual([
      'rows 3 upstream',
      'train.json:loss 0.1 made',
      'eval.json:loss 0.2 downstream',
    ]);
    expect(commands.map(({ stage, relation }) => `${stage} ${relation}`)).toEqual([
      'prepare upstream',
      'train made',
      'evaluate downstream',
    ]);
    expect(data.map(({ name, role }) => [name, role])).toEqual([
      ['raw.csv', null],
      ['train.py', 'code'],
    ]);
  });

  test('the rival has its own', async () => {
    const { metrics } = await read(TWO, 'rival.pkl');
    expect(facts(metrics)).toEqual(['rows 3 upstream', 'loss 0.3 made']);
  });

  test('where no stage makes the model, that is noted', async () => {
    const { metrics, notes } = await read(TWO, 'other.pkl');
    expect(metrics).toEqual([]);
    expect(notes).toMatchObject([{ file: 'other.pkl', kind: 'note' }]);
  });
});

describe('private values', () => {
  test('are left out, of commands too', async () => {
    const found = await read(TWO, 'model.pkl', { hide: ['*host*'] });
    expect(JSON.stringify(found)).not.toContain('db7');
    expect(facts(found.params)).toEqual(['lr 0.1 made']);
    expect(found.commands[1]?.command).toBe('t --host ***');
  });
});

describe('what cannot be read costs itself alone', () => {
  test('a broken dvc.yaml, a broken metrics file and a missing one', async () => {
    const { metrics, notes } = await read({
      'dvc.yaml': 'metrics: [good.json, broken.json, gone.json]\n',
      'deep/dvc.yaml': 'stages: [\n',
      'good.json': '{"f1": 0.5}',
      'broken.json': '{',
    });
    expect(facts(metrics)).toEqual(['f1 0.5 top']);
    expect(notes.map(({ file, kind }) => `${file} ${kind}`).sort()).toEqual([
      'broken.json unreadable',
      'deep/dvc.yaml unreadable',
      'gone.json absent',
    ]);
  });

  test('metrics that only DVC has are named as not fetched', async () => {
    const { notes } = await read({
      '.dvc/config': '[core]\n    remote = s\n[\'remote "s"\']\n    url = s3://bucket/x\n',
      'dvc.yaml': 'stages:\n  t: {cmd: t, outs: [model.pkl], metrics: [m.json]}\n',
      'dvc.lock': `schema: '2.0'\nstages:\n  t:\n    cmd: t\n    outs:\n    - {path: m.json, hash: md5, md5: ${'a'.repeat(32)}, size: 3}\n`,
    });
    expect(notes).toMatchObject([{ file: 'm.json', kind: 'not-fetched' }]);
    expect(notes[0]?.message).toContain('--fetch');
  });

  test.each([
    ['a program', 'import x\nprint("a")\n'],
    ['nothing', ''],
    ['a list', '[1]'],
  ])('an MLmodel that is %s', async (_, text) => {
    const { about, notes, signature } = await read({ 'm/MLmodel': text, 'm/a': 'b' }, 'm');
    expect([about, signature]).toEqual([[], null]);
    expect(notes).toMatchObject([{ file: 'm/MLmodel', kind: 'unreadable' }]);
  });
});

describe('templates, stages and locks', () => {
  test('a matrix, and what dvc.lock says that ran', async () => {
    const { metrics, params, commands } = await read(
      {
        'sub/dvc.yaml': `stages:
  fit:
    matrix: {kind: [a, b]}
    cmd: fit \${item.kind}
    params: [lr]
    outs: ['model-\${item.kind}.pkl']
    metrics: [{'\${item.kind}.json': {cache: false}}]
`,
        'sub/params.yaml': 'lr: 0.5\n',
        'sub/a.json': '{"f1": 1}',
        'sub/b.json': '{"f1": 2}',
        'sub/dvc.lock':
          "schema: '2.0'\nstages:\n  fit@a:\n    cmd: fit a\n    params:\n      params.yaml:\n        lr: 0.1\n  gone: {cmd: x}\n",
      },
      'sub/model-a.pkl',
    );
    expect(facts(metrics)).toEqual(['f1 1 made']);
    expect(facts(params)).toEqual(['lr 0.1 made']);
    expect(commands.map(({ command }) => command)).toEqual(['fit a']);
  });

  test('a lock of DVC 1 is read, with a note', async () => {
    const { params, notes } = await read({
      'dvc.yaml': 'stages:\n  t: {cmd: t, outs: [model.pkl], params: [n]}\n',
      'dvc.lock': 't:\n  cmd: t\n  params:\n    params.yaml:\n      n: 9007199254740993\n',
    });
    expect(facts(params)).toEqual(['n 9007199254740993 made']);
    expect(notes.map(({ file, kind }) => `${file} ${kind}`)).toContain('dvc.lock note');
  });
});

describe('model cards', () => {
  const card = (front: string) => read({ 'README.md': `---\n${front}\n---\n# Card\n`, 'model.pkl': 'x' });

  test('an index without data, with values as text, and with a broken entry', async () => {
    const { metrics, notes } = await card(
      'model-index:\n- name: A\n  results:\n  - metrics:\n    - {type: wer, value: 12.5 ± 0.3}\n  - 7\n',
    );
    expect(facts(metrics)).toEqual(['wer 12.5 ± 0.3 made']);
    expect(notes).toMatchObject([{ file: 'README.md', kind: 'unreadable' }]);
  });

  test('a licence of its own, a relation to the base, and Norwegian', async () => {
    const { about } = await card(
      'license: other\nlicense_name: own\nlicense_link: LICENSE\nbase_model: a/b\nbase_model_relation: quantized\nlanguage: no',
    );
    expect(about.map(({ name, value }) => `${name} ${value}`)).toEqual([
      'license other',
      'license_name own',
      'license_link LICENSE',
      'base_model a/b',
      'base_model_relation quantized',
      'language no',
    ]);
  });

  test('a text without front matter says nothing', async () => {
    expect((await read({ 'README.md': '# Only text\n---\na: 1\n---\n', 'model.pkl': 'x' })).about).toEqual(
      [],
    );
  });
});
