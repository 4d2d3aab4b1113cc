import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openRegistry } from '../../src/index.js';
import { runReg } from '../support/cli-here.js';
import { sandbox } from '../support/repo.js';

const box = sandbox();
const registry = box.repository('registry');
const LINK = 'source: {path: README.md}\n';
registry.commit({
  'README.md': 'hello',
  'teams/pricing/churn.model.yaml': LINK,
  'teams/pricing/llama-3.1-8b.model.yaml': LINK,
  'teams/pricing/fraud.model.yaml': LINK,
  'teams/risk/fraud.model.yaml': LINK,
  'fresh/new.model.yaml': LINK,
});
for (const tag of [
  'teams/pricing=churn@v1.0.0',
  'teams/pricing=churn#prod#1',
  'teams/pricing=llama-3.1-8b@v1.0.0',
  'teams/pricing=fraud@v1.0.0',
  'teams/risk=fraud@v2.0.0',
  'top@v1.0.0',
  'other/top@v3.0.0',
])
  registry.tag(tag);
const folder = (path: string): string => {
  mkdirSync(join(registry.dir, path), { recursive: true });
  return join(registry.dir, path);
};
const at =
  (path: string) =>
  (...args: string[]) =>
    runReg(box, { cwd: folder(path) }, ...args);
const reg = at('');

describe('a name without its folder (docs/specification.md, 5 Commands)', () => {
  test.each([
    [['which', 'churn', 'prod'], 'v1.0.0\n'],
    [['latest', 'llama-3.1-8b'], 'v1.0.0\n'],
    [['which', 'teams/pricing=churn', 'prod'], 'v1.0.0\n'],
  ])('%j', async (args, stdout) => {
    expect(await reg(...args)).toMatchObject({ stdout, code: 0 });
  });

  test('reading goes by the only artifact with that last part, and says so', async () => {
    const { stderr } = await reg('which', 'churn', 'prod');
    expect(stderr).toBe('churn is short for teams/pricing:churn\n');
    expect((await reg('which', 'churn', 'prod', '--quiet')).stderr).toBe('');
    for (const args of [
      ['show', 'churn@v1.0.0'],
      ['show', 'churn#prod'],
      ['history', 'churn'],
      ['describe', 'churn#prod'],
      ['describe', 'churn'],
      ['diff', 'churn@v1.0.0', '#prod'],
      ['verify', 'churn'],
    ]) {
      const run = await reg(...args);
      expect(run, args.join(' ')).toMatchObject({
        code: 0,
        stderr: expect.stringContaining('churn is short for teams/pricing:churn\n'),
      });
    }
    const loaded = await reg('load', 'churn', '-o', '-');
    expect(loaded.stdout).toBe('hello');
  });

  test('the exact full name wins, and the current folder comes before any other', async () => {
    expect((await reg('latest', 'top')).stdout).toBe('v1.0.0\n');
    expect(await at('teams/risk')('latest', 'fraud')).toMatchObject({ stdout: 'v2.0.0\n', stderr: '' });
    expect(await at('teams/pricing')('latest', 'fraud')).toMatchObject({ stdout: 'v1.0.0\n', stderr: '' });
    expect((await at('teams/pricing')('latest', 'top')).stdout).toBe('v1.0.0\n');
  });

  test('several: an error that lists them', async () => {
    const { code, stderr } = await reg('latest', 'fraud');
    expect(code).toBe(1);
    expect(stderr).toBe(
      "error: 'fraud' is short for 2 artifacts\nhint: give the full name: teams/pricing:fraud, teams/risk:fraud\n",
    );
  });

  test('a write goes by the current folder, and by no last part', async () => {
    const { code, stderr } = await reg('assign', 'churn@v1.0.0', 'dev', '--dry-run');
    expect(code).toBe(1);
    expect(stderr).toContain("hint: did you mean 'teams/pricing:churn'?");
    expect((await reg('deprecate', 'churn', '--dry-run')).code).toBe(1);
    const here = at('teams/pricing');
    expect((await here('assign', 'churn@v1.0.0', 'dev', '--dry-run')).stdout).toBe(
      'teams/pricing=churn#dev#2\n',
    );
    expect((await here('rollback', 'top', 'prod', '--dry-run')).stderr).toContain('of top ');
    expect((await at('fresh')('register', 'new', '--dry-run')).stdout).toBe('fresh=new@v0.0.1\n');
    expect((await at('fresh')('register', 'new', '--unlinked', '--dry-run')).stdout).toBe(
      'fresh=new@v0.0.1\n',
    );
  });

  test('the library asks alike, and hands the note over', async () => {
    const notes: string[] = [];
    const library = await openRegistry('.', {
      cwd: registry.dir,
      env: box.env,
      note: (text) => notes.push(text),
    });
    expect(await library.which('churn', 'prod')).toMatchObject({ artifact: 'teams/pricing:churn' });
    expect(notes).toEqual(['churn is short for teams/pricing:churn']);
    await expect(library.latest('fraud')).rejects.toMatchObject({ code: 'AMBIGUOUS' });
  });
});

test('swapped arguments, each with the line that was meant', async () => {
  for (const [args, line] of [
    [['which', 'prod', 'top'], 'reg which top prod'],
    [['assign', 'prod', 'top'], 'reg assign top prod'],
    [['unassign', 'prod', 'top'], 'reg unassign top prod'],
    [['rollback', 'prod', 'top'], 'reg rollback top prod'],
    [['approve', 'prod', 'top'], 'reg approve top prod'],
    [['link', 'churn', 'models/churn.onnx'], 'reg link models/churn.onnx churn'],
    [['link', 'churn', 'churn.onnx'], 'reg link churn.onnx churn'],
    [['upload', 'churn', 'models/churn.onnx'], 'reg upload models/churn.onnx churn'],
  ] as const) {
    const { code, stderr } = await reg(...args);
    expect(code, line).toBeGreaterThan(0);
    expect(stderr).toContain(`hint: did you mean: ${line}\n`);
  }
});

test('nothing is proposed in place of what a command would withdraw', async () => {
  for (const args of [
    ['deregister', 'top@v3.0.0'],
    ['deregister', 'top@v1.0.1'],
    ['deregister', 'top@v1.0.1', '--delete', '--yes'],
    ['unassign', 'teams/pricing:churn@v1.0.1', 'prod'],
  ]) {
    const { code, stderr } = await reg(...args);
    expect(code).toBe(1);
    expect(stderr, args.join(' ')).toContain('hint: there is v1.0.0\n');
  }
  // a question does no harm, and yet another major version is no typing error
  expect((await reg('show', 'top@v1.0.1')).stderr).toContain("did you mean 'v1.0.0'?");
  expect((await reg('show', 'top@v3.0.0')).stderr).toContain('there is v1.0.0');
});
