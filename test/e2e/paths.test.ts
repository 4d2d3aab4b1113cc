import { beforeAll, describe, expect, test } from 'vitest';
import { jsonIn, regIn } from '../support/cli-here.js';
import { type Repository, sandbox } from '../support/repo.js';

const box = sandbox();
const DVC = 'artifacts:\n  churn:\n    path: m.bin\n';
const COMPOSED = 'mod\u00e8les';
const DECOMPOSED = 'mode\u0300les';
/** Files that declare nothing, and why. */
const REASONS: Record<string, string> = {
  'my models/dvc.yaml': "'my models:churn' is not an artifact name: its dir holds a space",
  [`${COMPOSED}/dvc.yaml`]: `'${COMPOSED}:churn' is not an artifact name: its dir holds '\u00e8'`,
  [`${DECOMPOSED}/dvc.yaml`]: `'${DECOMPOSED}:churn' is not an artifact name: its dir holds the character U+0300`,
  'my links/fraud.model.yaml': "'my links:fraud' is not an artifact name: its dir holds a space",
  'caf\u00e9/risk.model.yaml': "'caf\u00e9:risk' is not an artifact name: its dir holds '\u00e9'",
  'artifacts.yaml': "'two words' is not an artifact name: it holds a space",
};
let registry: Repository;

beforeAll(() => {
  registry = box.repository('registry');
  const dirs = ['my models', COMPOSED, DECOMPOSED];
  registry.commit({
    ...Object.fromEntries(
      dirs.flatMap((dir) => [`${dir}/dvc.yaml`, `${dir}/m.bin`].map((path) => [path, DVC])),
    ),
    'my links/fraud.model.yaml': 'source: {path: m.bin}\n',
    'caf\u00e9/risk.model.yaml': 'source: {path: m.bin}\n',
    'artifacts.yaml': 'two words:\n  path: m.bin\n  type: model\n',
    'm.bin': 'weights',
    'eu/dvc.yaml': 'artifacts:\n  credit:\n    path: ../m.bin\n',
    'us/credit.model.yaml': 'source: {path: m.bin}\n',
  });
});

describe.each([
  ['git', {}],
  ['no git', { REG_GIT: 'embedded' }],
])('files whose names or folders no tag can hold, with %s', (_, env) => {
  test('show names each with the reason', async () => {
    const { stdout, stderr, code } = await regIn(box, registry.dir, env)('show');
    expect({ stdout, code }).toEqual({
      stdout: 'eu:credit\t-\t-\tdeclared\nus:credit\t-\t-\tdeclared\n',
      code: 0,
    });
    for (const [file, reason] of Object.entries(REASONS))
      expect(stderr).toContain(`warning: ${file} declares no artifact: ${reason}\n`);
  });

  test('doctor names each with the reason', async () => {
    const { stdout } = await regIn(box, registry.dir, env)('doctor');
    for (const [file, reason] of Object.entries(REASONS))
      expect(stdout).toContain(`warning\tdeclaration\t${file}\t${reason}\t`);
  });

  test('validate names each with the reason, at a path in either form of Unicode too', async () => {
    const reg = regIn(box, registry.dir, env);
    const { stdout } = await reg('validate');
    for (const file of Object.keys(REASONS)) expect(stdout).toContain(`${file}:1: `);
    for (const reason of Object.values(REASONS)) expect(stdout).toContain(`: ${reason} [`);
    const some = await reg('validate', 'my models');
    expect(some.stdout).toBe(
      `my models/dvc.yaml:1: warning: ${REASONS['my models/dvc.yaml']} [declaration-name]\n`,
    );
    expect((await reg('validate', 'cafe\u0301')).stdout).toContain('caf\u00e9/risk.model.yaml:1: error: ');
  });
});

test('an error about such an artifact names the file of the current folder', async () => {
  for (const dir of ['my models', COMPOSED, DECOMPOSED])
    for (const command of ['register', 'load', 'describe']) {
      const { code, stderr } = await regIn(box, `${registry.dir}/${dir}`)(command, 'churn');
      expect(code).toBe(1);
      expect(stderr).toMatch(/^error: commit \w+ declares no artifact 'churn'\n/);
      expect(stderr).toContain(`hint: rename what ${dir}/dvc.yaml declares: ${REASONS[`${dir}/dvc.yaml`]}\n`);
    }
});

test('a model of this repository may have any path', async () => {
  const reg = regIn(box, registry.dir);
  for (const [artifact, path] of [
    ['spaced', 'my models/m.bin'],
    ['composed', `${COMPOSED}/m.bin`],
    ['decomposed', `${DECOMPOSED}/m.bin`],
  ] as const) {
    expect((await reg('link', path, artifact)).code).toBe(0);
    registry.commit();
    expect((await reg('load', artifact, '-o', '-')).stdout).toBe(DVC);
  }
});

test('a path in another form of Unicode than git has is an error that writes the form of git', async () => {
  const reg = regIn(box, registry.dir);
  registry.commit({
    'caf\u00e9/m.bin': 'weights',
    'bar.model.yaml': 'source: {path: "cafe\\u0301/m.bin"}\n',
  });
  for (const args of [
    ['link', 'cafe\u0301/m.bin', 'latte'],
    ['load', 'bar', '-o', '-'],
  ]) {
    const { code, stderr } = await reg(...args);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^error: there is no cafe\u0301\/m.bin at commit \w+, which has it in another form of Unicode\n/,
    );
    expect(stderr).toContain('hint: write it as git has it: "caf\\u00e9/m.bin"\n');
  }
  expect((await reg('validate', 'bar')).stdout).toContain('in another form of Unicode');
  // that form is what a link file may hold
  registry.commit({ 'bar.model.yaml': 'source: {path: "caf\\u00e9/m.bin"}\n' });
  expect((await reg('load', 'bar', '-o', '-')).stdout).toBe('weights');
});

describe('in eu/, the artifact that this folder declares is meant', () => {
  test.each([
    ['register credit', 'eu=credit@v0.0.1\n'],
    ['assign credit prod', 'eu=credit#prod#1\n'],
    ['which credit prod', 'v0.0.1\n'],
    ['latest credit', 'v0.0.1\n'],
    ['approve credit@v0.0.1 prod', 'reg/approve/eu=credit/v0.0.1/prod/'],
    ['approvals credit', 'eu:credit\tv0.0.1'],
    ['history credit', 'eu:credit'],
    ['show credit', 'eu:credit'],
    ['verify credit', 'eu=credit#prod#1'],
    ['unassign credit prod', 'eu=credit#prod!#2\n'],
    ['deprecate credit', 'eu=credit@deprecated\n'],
    ['deregister credit@v0.0.1', 'eu=credit@v0.0.1!\n'],
    ['link ../m.bin credit --force', 'eu/credit.model.yaml\n'],
  ])('reg %s', async (command, start) => {
    const { stdout, stderr } = await regIn(box, `${registry.dir}/eu`)(...command.split(' '));
    expect(stdout.includes(start), `${stdout}${stderr}`).toBe(true);
    expect(stderr).not.toContain('short for');
  });

  test('completion offers that name', async () => {
    const { stdout } = await regIn(box, `${registry.dir}/eu`)('complete', '--', 'which', 'cr');
    expect(stdout).toMatch(/^credit$/m);
    expect((await regIn(box, registry.dir)('complete', '--', 'which', 'cr')).stdout).not.toMatch(/^credit$/m);
  });

  test('also with --repo of that folder', async () => {
    const reg = regIn(box, box.root);
    expect((await reg('register', 'credit', '--repo', 'registry/us', '--dry-run')).stdout).toBe(
      'us=credit@v0.0.1\n',
    );
    expect(await jsonIn(box, box.root)('history', 'credit', '--repo', 'registry/eu', '-n', '1')).toEqual([
      expect.objectContaining({ artifact: 'eu:credit' }),
    ]);
  });
});
