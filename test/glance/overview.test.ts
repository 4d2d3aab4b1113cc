import { chmodSync, cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { overviewAtAGlance } from '../../src/glance/overview.js';
import { openContext } from '../../src/open-context.js';
import { overview } from '../../src/registry/overview.js';
import { makeRegistry, tagHourly } from '../e2e/registry.js';
import { importInto } from '../support/fast-import.js';
import { type Env, type Repository, sandbox } from '../support/repo.js';

const box = sandbox();

const atAGlance = ({ dir }: Repository) => overviewAtAGlance(dir, box.env);

/** The same by the git program, with every object read. */
async function inFull({ dir }: Repository) {
  const { repository, ...context } = await open(dir, { REG_GIT: 'git' });
  return overview({ ...context, repository: { ...repository, listPeeledTags: async () => undefined } }, {});
}

const open = (dir: string, env: Env) =>
  openContext('.', { env: { ...box.env, ...env }, cwd: dir, now: () => 0, signal: undefined });

/** Overwrites the file of an object. */
function corrupt({ dir }: Repository, oid: string): void {
  const file = join(dir, '.git/objects', oid.slice(0, 2), oid.slice(2));
  chmodSync(file, 0o644);
  writeFileSync(file, 'garbage');
}

const ODD = [
  'churn@v1.0.0',
  'churn#prod#1',
  'churn#prod!#2',
  'gone@v1.0.0',
  'gone@v1.0.0!',
  'old@deprecated',
];

describe('a few tags', () => {
  const registry = makeRegistry(box, 'few', 'churn', 'models:size', 'also:size', 'waiting');
  // that it is declared twice makes it no second row
  registry.commit({ 'also:size.model.yaml': 'source: {path: model.bin, rev: main}\n' });
  tagHourly(box, registry, ...ODD, 'models=size@v0.1.0', 'models=size#dev#1', 'x@scope/y@v1.0.0');

  test('are an overview, with what is declared alone', async () => {
    const rows = await atAGlance(registry);
    expect(rows).toEqual(await inFull(registry));
    expect(rows?.map(({ artifact }) => artifact)).toEqual([
      'also:size',
      'churn',
      'gone',
      'models:size',
      'waiting',
    ]);
  });

  test('a broken one is told by who is asked in full', async () => {
    const broken = makeRegistry(box, 'broken', 'churn');
    broken.writeTagRef('churn@v1.0.0', 'nonsense\n');
    expect(await atAGlance(broken)).toBeUndefined();
  });

  test('so is one whose object is corrupt', async () => {
    const broken = makeRegistry(box, 'corrupt object', 'churn');
    const oid = broken.tag('churn@v1.0.0');
    broken.git('pack-refs', '--all');
    corrupt(broken, oid);
    await expect(atAGlance(broken)).rejects.toThrow('not there, or broken');
  });

  test('a bare repository is for the program, and one without a commit', async () => {
    expect(await atAGlance(box.repository('bare.git', '--bare'))).toBeUndefined();
    await expect(atAGlance(box.repository('unborn'))).rejects.toThrow('HEAD is for git');
  });

  test.each([
    ['dvc.yaml', 'artifacts: {fraud: {}}\n', ['fraud']],
    ['models/dvc.yaml', 'artifacts: {fraud: {}}\n', ['models:fraud']],
    ['artifacts.yaml', 'fraud: {}\n', ['fraud']],
    ['a broken dvc.yaml', 'artifacts: {fraud\n', []],
  ])('what %s declares', async (what, text, names) => {
    const made = box.repository(`with ${what}`);
    made.commit({ [what.replace('a broken ', '')]: text });
    const rows = await atAGlance(made);
    expect(rows).toEqual(await inFull(made));
    expect(rows?.map(({ artifact }) => artifact)).toEqual(names);
  });
});

/** So many tags that their objects are asked for while names are read. */
function makeLarge(name: string): Repository {
  const made = box.repository(name);
  const numbers = Array.from({ length: 40 }, (_, index) => index);
  const eventsOf = (artifact: string) =>
    numbers.flatMap((index) => {
      const one = { day: '2026-01-02', from: index + 1 };
      const said = `Assign\n\nReg-Version: v1.${index}.0\n`;
      return [
        { ...one, tag: `${artifact}@v1.${index}.0`, said: 'Register' },
        { ...one, tag: `${artifact}#${index % 2 ? 'prod' : 'dev'}#${index + 1}`, said },
      ];
    });
  importInto(box, made, [
    ...numbers.map(() => ({ files: {}, day: '2026-01-01' })),
    ...Array.from({ length: 60 }, (_, index) => `model-${String(index).padStart(2, '0')}`).flatMap(eventsOf),
  ]);
  made.git('pack-refs', '--all');
  return made;
}

describe('thousands of tags', () => {
  const registry = makeLarge('many');
  const head = registry.git('rev-parse', 'HEAD');
  tagHourly(box, registry, ...ODD);
  registry.tag('model-01#prod#99', 'Assign\n\nReg-Version: v1.3.0\n');
  registry.writeRawTag(`object ${head}\ntype commit\ntag model-02@v9.0.0\n\nno tagger\n`, 'model-02@v9.0.0');
  registry.tag('model-03@v9.0.0', 'a file', `${registry.commit({ file: 'bytes' })}:file`);
  registry.git('tag', 'model-04@v9.0.0');

  test('are the same overview, whatever is odd among them', async () => {
    const rows = await atAGlance(registry);
    expect(rows).toEqual(await inFull(registry));
    const of = (name: string) => rows?.find(({ artifact }) => artifact === name);
    expect(of('model-00')).toMatchObject({ latest: 'v1.39.0', stages: { dev: 'v1.38.0', prod: 'v1.39.0' } });
    expect(of('model-01')?.stages).toMatchObject({ prod: 'v1.3.0' });
    expect(['model-02', 'model-03', 'model-04'].map((name) => of(name)?.latest)).toEqual(
      Array(3).fill('v1.39.0'),
    );
  });

  test.each([
    ['nowhere', 'nowhere'],
    ['where nobody can write', '/dev/null'],
  ])('with %s to keep what git reads, it is for the program', async (_what, folder) => {
    vi.stubEnv('TMPDIR', folder);
    await expect(atAGlance(registry)).rejects.toThrow('not there, or broken');
    expect(await overview(await open(registry.dir, {}), {})).toEqual(await inFull(registry));
  });
  afterEach(() => vi.unstubAllEnvs());

  function copy(name: string): Repository {
    cpSync(registry.dir, join(box.root, name), { recursive: true });
    return box.at(name);
  }

  test('an object that is corrupt counts as missing', async () => {
    const made = copy('corrupt');
    const oid = made.tag('model-05@v9.0.0');
    made.git('pack-refs', '--all');
    corrupt(made, oid);
    const rows = await atAGlance(made);
    expect(rows).toEqual(await inFull(made));
    expect(rows?.find(({ artifact }) => artifact === 'model-05')?.latest).toBe('v1.39.0');
  });

  test('a tag of a tag is told by who is asked in full', async () => {
    const made = copy('nested');
    made.git('tag', '-a', '-m', 'outer', 'model-06@v9.0.0', 'model-06@v1.0.0');
    made.git('pack-refs', '--all');
    await expect(atAGlance(made)).rejects.toThrow('a tag of a tag');
    expect((await inFull(made)).find(({ artifact }) => artifact === 'model-06')?.latest).toBe('v9.0.0');
  });
});
