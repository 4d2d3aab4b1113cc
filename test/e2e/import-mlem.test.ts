import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { jsonIn, type Run, regIn, transcript } from '../support/cli-here.js';
import { type Repository, sandbox } from '../support/repo.js';
import { MODEL, MODEL_PATH, makeResearch } from './registry.js';

const box = sandbox();
const research = makeResearch(box);
const LINK = `link_type: model
object_type: link
path: ${MODEL_PATH}.mlem
project: ${research.dir}
rev: v1
`;

let registry: Repository;
let registries = 0;
beforeEach(() => {
  registries += 1;
  registry = box.repository(`registry-${registries}`);
});
const reg = (...args: string[]): Promise<Run> => regIn(box, registry.dir)(...args);
const fileIn = (path: string): string => readFileSync(join(registry.dir, path), 'utf8');

test('a link becomes a link file, and the output lists what is lost', async () => {
  registry.commit({ '.mlem/link/cost.mlem': LINK });
  expect(transcript(await reg('import', 'mlem'))).toMatchInlineSnapshot(`
    "$ reg import mlem
    cost.model.yaml
    -- stderr --
    .mlem/link/cost.mlem: path models/linear_regression.safetensors.mlem is the metadata of mlem; the link leads to the model beside it, models/linear_regression.safetensors
    .mlem/link/cost.mlem: it is not pinned to a commit and bytes: reg link models/linear_regression.safetensors cost --source <tmp>/research --rev v1 --force
    hint: reg validate
    "
  `);
  expect(fileIn('cost.model.yaml').replace(box.root, '<tmp>')).toMatchInlineSnapshot(`
    "# yaml-language-server: $schema=https://unpkg.com/git-reg@0/schema/model-link.schema.json

    reg: 1
    source:
      repo: <tmp>/research
      rev: v1
      path: models/linear_regression.safetensors
    type: model
    "
  `);
  expect(fileIn('.mlem/link/cost.mlem')).toBe(LINK);
});

test('it can be committed, registered and loaded', async () => {
  registry.commit({ '.mlem/link/cost.mlem': LINK });
  await reg('import', 'mlem');
  expect((await reg('update', 'cost')).code).toBe(0);
  registry.commit();
  expect((await reg('register', 'cost')).code).toBe(0);
  expect((await reg('load', 'cost@latest', '-o', '-')).bytes.equals(MODEL)).toBe(true);
});

test('the command that it names pins the link', async () => {
  registry.commit({ '.mlem/link/cost.mlem': LINK });
  const { stderr } = await reg('import', 'mlem');
  const words = /reg (link .*)$/m.exec(stderr)?.[1]?.split(' ') ?? [];
  expect((await reg(...words)).code).toBe(0);
  expect(fileIn('cost.model.yaml')).toMatch(/^sha256: [0-9a-f]{64}$/m);
  expect((await reg('validate')).stdout).toBe('');
});

test('in JSON each .mlem file is a row', async () => {
  registry.commit({
    'models/fraud.mlem': `${LINK}description: Who cheats\nparams: {alpha: 0.1}\n`,
    'clf.mlem': 'artifacts: {}\nmodel_type: {type: sklearn}\nobject_type: model\n',
    'not an artifact.mlem': LINK,
  });
  expect(await jsonIn(box, registry.dir)('import', 'mlem')).toEqual([
    {
      from: 'clf.mlem',
      path: null,
      artifact: null,
      lost: [expect.stringMatching(/^it is a model, not a link/)],
    },
    {
      from: 'models/fraud.mlem',
      path: 'models/fraud.model.yaml',
      artifact: 'models:fraud',
      lost: [expect.stringContaining('the metadata of mlem'), expect.stringContaining('not pinned')],
    },
    {
      from: 'not an artifact.mlem',
      path: null,
      artifact: null,
      lost: [expect.stringContaining('artifact name')],
    },
  ]);
  expect(fileIn('models/fraud.model.yaml')).toContain('description: Who cheats\n');
  expect(fileIn('models/fraud.model.yaml')).toContain('alpha: 0.1');
});

test('keys that have no place in a link are named', async () => {
  registry.commit({ 'churn.mlem': `${LINK}mlem_version: 0.4.0\nrequirements: [numpy]\n` });
  const { stdout, stderr } = await reg('import', 'mlem');
  expect(stdout).toBe('churn.model.yaml\n');
  expect(stderr).toContain('churn.mlem: mlem_version has no place in a link\n');
  expect(stderr).toContain('churn.mlem: requirements has no place in a link\n');
});

test('a link file that is there is replaced with --force alone', async () => {
  registry.commit({ 'cost.mlem': LINK, 'cost.model.yaml': '# ours\nsource: {path: x}\n' });
  expect(transcript(await reg('import', 'mlem'))).toMatchInlineSnapshot(`
    "$ reg import mlem
    -- stderr --
    error: cost.model.yaml is already there
    hint: add --force to replace it
    -- exit 1 --
    "
  `);
  expect(fileIn('cost.model.yaml')).toContain('# ours');
  expect((await reg('import', 'mlem', '--force')).stdout).toBe('cost.model.yaml\n');
  expect(fileIn('cost.model.yaml')).toContain(`path: ${MODEL_PATH}`);
  expect(fileIn('cost.model.yaml')).toContain('# ours');
});

test('nothing to import, another tool, a file that is no YAML', async () => {
  registry.commit({ 'README.md': 'x' });
  expect(await reg('import', 'mlem')).toMatchObject({
    stdout: '',
    code: 0,
    stderr: expect.stringContaining('no .mlem'),
  });
  expect(await jsonIn(box, registry.dir)('import', 'mlem')).toEqual([]);
  expect(await reg('import', 'bentoml')).toMatchObject({ stdout: '', code: 2 });
  registry.commit({ 'x.mlem': 'a: [\n' });
  expect(await reg('import', 'mlem')).toMatchObject({
    stdout: '',
    code: 1,
    stderr: expect.stringContaining('x.mlem'),
  });
  expect(existsSync(join(registry.dir, 'x.model.yaml'))).toBe(false);
});

test('when one link cannot be written, none is', async () => {
  registry.commit({ 'a.mlem': LINK, 'b.mlem': LINK, 'b.model.yaml': 'source: {path: x}\n' });
  expect(await reg('import', 'mlem')).toMatchObject({ stdout: '', code: 1 });
  expect(existsSync(join(registry.dir, 'a.model.yaml'))).toBe(false);
});

test('two links for one artifact do not overwrite each other', async () => {
  registry.commit({ 'a.mlem': LINK, '.mlem/link/a.mlem': LINK });
  const run = await reg('import', 'mlem', '--force');
  expect(run).toMatchObject({ stdout: '', code: 1, stderr: expect.stringContaining('second link') });
  expect(existsSync(join(registry.dir, 'a.model.yaml'))).toBe(false);
});
