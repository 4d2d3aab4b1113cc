import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readable, regIn, transcript } from '../support/cli-here.js';
import { sandbox } from '../support/repo.js';
import { MODEL_PATH, makeResearch } from './registry.js';

const box = sandbox();
const research = makeResearch(box);
const registry = box.repository('registry');
const reg = regIn(box, registry.dir);
const fileIn = (name: string): string => readFileSync(join(registry.dir, name), 'utf8');

// one story: every test goes on where the one before it ended
test('a registry begins with a list of stages', async () => {
  expect(transcript(await reg('init', '--stages', 'dev,staging,prod'))).toMatchInlineSnapshot(`
    "$ reg init --stages dev,staging,prod
    .reg.yaml
    -- stderr --
    hint: git add .reg.yaml && git commit -m 'Configure the registry'
    "
  `);
  expect(fileIn('.reg.yaml')).toMatchInlineSnapshot(`
    "# The registry in the tags of this repository.
    stages: [ dev, staging, prod ]
    "
  `);
});

test('a configuration that is there is not overwritten', async () => {
  expect(transcript(await reg('init', '--stages', 'a,b'))).toMatchInlineSnapshot(`
    "$ reg init --stages a,b
    -- stderr --
    error: .reg.yaml is already there
    hint: edit it, or delete it first
    -- exit 1 --
    "
  `);
  expect(fileIn('.reg.yaml')).toContain('staging');
});

test('a link says where the model is, which commit and which bytes', async () => {
  const run = await reg('link', MODEL_PATH, 'cost', '--source', research.dir, '--rev', 'v1');
  expect(transcript(run)).toMatchInlineSnapshot(`
    "$ reg link models/linear_regression.safetensors cost --source <tmp>/research --rev v1
    cost.model.yaml
    -- stderr --
    hint: git add cost.model.yaml && git commit -m 'Link cost'
    "
  `);
  expect(fileIn('cost.model.yaml')).toContain(`commit: ${research.git('rev-parse', 'v1^{commit}')}\n`);
  expect(readable(box.root, fileIn('cost.model.yaml'))).toMatchInlineSnapshot(`
    "# yaml-language-server: $schema=https://unpkg.com/git-reg@0/schema/model-link.schema.json

    reg: 1
    source:
      repo: <tmp>/research
      rev: v1
      commit: <oid 1>
      path: models/linear_regression.safetensors
    sha256: dc0f5bd8903886f13c7d00650297e9f1185bc72186c5c0f820f7433d37fbeb85
    size: 154
    type: model
    "
  `);
});

test('what is not committed yet cannot be registered', async () => {
  registry.commit({ 'README.md': 'Our models\n' }, 'Begin');
  registry.git('rm', '--quiet', '--cached', 'cost.model.yaml');
  registry.git('commit', '--quiet', '--message', 'Take the link out');
  expect(transcript(await reg('register', 'cost'))).toMatchInlineSnapshot(`
    "$ reg register cost
    -- stderr --
    error: commit <oid 1, short> declares no artifact 'cost'
    hint: cost.model.yaml is not committed yet: git add cost.model.yaml && git commit
    -- exit 1 --
    "
  `);
  expect(registry.tags()).toEqual([]);
});

test('the first version is v0.0.1, and a version may be named or raised', async () => {
  registry.commit({}, 'Link cost');
  const first = await reg('register', 'cost');
  registry.commit();
  box.advance(3600);
  const raised = await reg('register', 'cost', '--bump', 'minor', '-m', 'Retrained on May');
  registry.commit();
  const named = await reg('register', 'cost', 'HEAD', '--version', '1.0.0-rc.1');
  expect(transcript(first, raised, named)).toMatchInlineSnapshot(`
    "$ reg register cost
    cost@v0.0.1

    $ reg register cost --bump minor -m 'Retrained on May'
    cost@v0.1.0
    -- stderr --
    these are the bytes of cost v0.0.1

    $ reg register cost HEAD --version 1.0.0-rc.1
    cost@v1.0.0-rc.1
    -- stderr --
    these are the bytes of cost v0.1.0
    "
  `);
  expect(registry.git('rev-parse', 'cost@v0.1.0^{commit}')).toBe(registry.git('rev-parse', 'HEAD~1'));
});

test('the tag holds who, when, why and what came before', () => {
  const tags = ['cost@v0.0.1', 'cost@v0.1.0'].map((tag) => registry.git('cat-file', 'tag', tag));
  expect(tags[1]).toContain(`\nReg-Parent: ${registry.git('rev-parse', 'cost@v0.0.1')}`);
  expect(readable(box.root, tags.join('\n\n'))).toMatchInlineSnapshot(`
    "object <oid 1>
    type commit
    tag cost@v0.0.1
    tagger Ann Lee <ann@example.com> 1767225600 +0000

    Register cost v0.0.1

    object <oid 2>
    type commit
    tag cost@v0.1.0
    tagger Ann Lee <ann@example.com> 1767229200 +0000

    Retrained on May

    Reg-Parent: <oid 3>"
  `);
});

test('an existing link is replaced with --force, and keeps its comments', async () => {
  research.commit({ [MODEL_PATH]: 'retrained' });
  registry.commit({ 'cost.model.yaml': `${fileIn('cost.model.yaml')}# ask Ann before you change this\n` });
  const args = [
    'link',
    MODEL_PATH,
    'cost',
    '--source',
    '../research',
    '--rev',
    'main',
    '--label',
    'team=ops',
  ];
  expect((await reg(...args)).stderr).toContain('--force');
  const linked = await reg(...args, '--force');
  expect(linked).toMatchObject({ code: 0, stdout: 'cost.model.yaml\n' });
  expect(fileIn('cost.model.yaml')).toContain('# ask Ann before you change this\n');
  expect(fileIn('cost.model.yaml')).toContain('rev: main\n');
  expect(fileIn('cost.model.yaml')).toContain('team: ops\n');
});

test('a link without --rev is pinned to the default branch', async () => {
  const run = await reg('link', MODEL_PATH, 'loose', '--source', '../research');
  expect(transcript(run)).toMatchInlineSnapshot(`
    "$ reg link models/linear_regression.safetensors loose --source ../research
    loose.model.yaml
    -- stderr --
    hint: git add loose.model.yaml && git commit -m 'Link loose'
    "
  `);
  expect(fileIn('loose.model.yaml')).toMatch(/rev: main\n {2}commit: [0-9a-f]{40}\n/);
});
