import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runReg } from '../support/cli-here.js';
import { sandbox } from '../support/repo.js';
import { makeRegistry, tagHourly } from './registry.js';

// What a command hands to the later steps of a job.

const box = sandbox();
const registry = makeRegistry(box, 'registry', 'churn');
registry.commit({
  'churn.model.yaml':
    'source: {path: model.bin}\ntype: model\ndescription: "who leaves\\n::set-output name=version::v9 100%"\n',
});
const output = join(box.root, 'output');
const reg = (...args: string[]) => {
  writeFileSync(output, '');
  return runReg(box, { cwd: registry.dir, env: { GITHUB_OUTPUT: output } }, ...args);
};

/** The values that a dotenv report has, by their keys. */
const dotenv = (text: string): Record<string, string> =>
  Object.fromEntries(
    text
      .trimEnd()
      .split('\n')
      .map((line) => /^(MODEL_[A-Z\d]+)=(.*)$/.exec(line)?.slice(1) ?? [line, 'no line of a dotenv report']),
  );

test('a write says what it made, and what that came after', async () => {
  const first = await reg('register', 'churn', '--output-format', 'dotenv');
  expect(dotenv(first.stdout)).toMatchObject({
    MODEL_EVENT: 'registration',
    MODEL_NAME: 'churn',
    MODEL_VERSION: 'v0.0.1',
    MODEL_STAGE: '',
    MODEL_PREVIOUS: '',
    MODEL_TYPE: 'model',
    MODEL_PATH: 'model.bin',
    MODEL_DESCRIPTION: 'who leaves ::set-output name=version::v9 100%',
    MODEL_CREATED: 'yes',
  });
  const again = await reg('register', 'churn', '--output-format', 'dotenv');
  expect(dotenv(again.stdout)).toMatchObject({ MODEL_VERSION: 'v0.0.1', MODEL_CREATED: 'no' });
  await reg('assign', 'churn', 'prod');
  registry.commit({ 'model.bin': 'better' });
  const both = await reg('assign', 'churn', 'prod', '--output-format', 'dotenv');
  expect(dotenv(both.stdout)).toMatchObject({
    MODEL_EVENT: 'assignment',
    MODEL_VERSION: 'v0.0.2',
    MODEL_STAGE: 'prod',
    MODEL_TAG: 'churn#prod#2',
    MODEL_PREVIOUS: 'v0.0.1',
  });
  const back = await reg('rollback', 'churn', 'prod', '--dry-run', '--output-format', 'dotenv');
  expect(dotenv(back.stdout)).toMatchObject({ MODEL_VERSION: 'v0.0.1', MODEL_PREVIOUS: 'v0.0.2' });
});

test('questions say it too; for GitHub they answer besides', async () => {
  const which = await reg('which', 'churn', 'prod', '--output-format', 'azure');
  expect(
    which.stdout.split('\n').filter((line) => !line.startsWith('##vso[task.setvariable variable=')),
  ).toEqual(['']);
  expect(which.stdout).toContain('variable=version;isOutput=true]v0.0.2\n');
  expect(which.stdout).toContain(
    'variable=description;isOutput=true]who leaves ::set-output name=version::v9 100%AZP25\n',
  );
  expect((await reg('latest', 'churn', '--github-output')).stdout).toBe('v0.0.2\n');
  expect(readFileSync(output, 'utf8')).toMatch(/^version<<(.*)\nv0\.0\.2\n\1$/m);
  const loaded = await reg(
    'load',
    'churn@v0.0.2',
    '-o',
    join(box.root, 'loaded'),
    '--output-format',
    'dotenv',
  );
  expect(dotenv(loaded.stdout)).toMatchObject({
    MODEL_EVENT: 'registration',
    MODEL_TAG: 'churn@v0.0.2',
    MODEL_PREVIOUS: 'v0.0.1',
    MODEL_PATH: join(box.root, 'loaded'),
    MODEL_SHA256: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
});

test('a comparison says whether the second is worse, and why', async () => {
  const box2 = sandbox();
  const here = box2.repository('registry');
  const declared = (auc: number): string => `source: {path: model.bin}\nmetrics: {auc: ${auc}}\n`;
  here.commit({
    '.reg.yaml': 'metrics: {auc: {better: higher}}\n',
    'churn.model.yaml': declared(0.8),
    'kept.model.yaml': declared(0.8),
  });
  tagHourly(box2, here, 'churn@v1.0.0', 'churn#prod#1', 'kept@v1.0.0', 'kept#prod#1');
  here.commit({ 'churn.model.yaml': declared(0.7) });
  const asked = async (...args: string[]) => {
    const ended = await runReg(box2, { cwd: here.dir }, 'diff', ...args, '--output-format', 'dotenv');
    return { code: ended.code, ...dotenv(ended.stdout) };
  };
  const head = here.git('rev-parse', 'HEAD');
  const reasons = 'auc is 0.7, worse than 0.8 of churn#prod';
  const worse = { code: 0, MODEL_WORSE: 'yes', MODEL_SAME: 'no', MODEL_REASONS: reasons };
  expect(await asked('churn#prod')).toEqual({
    ...worse,
    MODEL_CHANGED: 'churn',
    MODEL_NAME: 'churn',
    MODEL_VERSION: '',
    MODEL_TAG: '',
    MODEL_COMMIT: head,
    MODEL_PREVIOUS: 'v1.0.0',
  });
  expect(await asked('#prod', '--exit-code=worse')).toEqual({
    ...worse,
    code: 1,
    MODEL_CHANGED: 'churn',
    MODEL_NAME: '',
    MODEL_VERSION: '',
    MODEL_TAG: '',
    MODEL_COMMIT: head,
    MODEL_PREVIOUS: '',
  });
  tagHourly(box2, here, 'churn@v1.1.0');
  expect(await asked('churn@v1.1.0', 'churn@v1.0.0')).toMatchObject({
    code: 0,
    MODEL_WORSE: 'no',
    MODEL_VERSION: 'v1.0.0',
    MODEL_TAG: 'churn@v1.0.0',
    MODEL_PREVIOUS: 'v1.1.0',
  });
  writeFileSync(output, '');
  const env = { GITHUB_OUTPUT: output };
  const page = await runReg(
    box2,
    { cwd: here.dir, env },
    ...['diff', 'churn#prod', 'churn@v1.1.0', '--format', 'markdown', '--github-output'],
  );
  expect(page.stdout).toMatch(/^<!-- reg diff churn -->\n/);
  expect(readFileSync(output, 'utf8')).toMatch(/^worse<<(.*)\nyes\n\1$/m);
  // that nothing is worse is not known where tags are missing
  await runReg(box2, { cwd: here.dir }, 'assign', 'churn@v1.1.0', 'prod');
  expect(await asked('#prod')).toMatchObject({ code: 0, MODEL_WORSE: 'no', MODEL_SAME: 'yes' });
  here.git('clone', '--quiet', '--no-tags', `file://${here.dir}`, join(box2.root, 'partial'));
  const partial = box2.at('partial');
  partial.git('fetch', '--quiet', '--no-tags', 'origin', 'refs/tags/churn#prod#2:refs/tags/churn#prod#2');
  expect(await asked('-r', partial.dir, '#prod', '--offline')).toMatchObject({
    code: 1,
    MODEL_WORSE: '',
    MODEL_SAME: '',
  });
});

test('a model that no version names has no event', async () => {
  const to = join(box.root, 'of-head');
  const { code, stdout } = await reg('load', 'churn', '-o', to, '--output-format', 'dotenv');
  expect([code, dotenv(stdout)]).toMatchObject([
    0,
    { MODEL_EVENT: '', MODEL_NAME: 'churn', MODEL_VERSION: '', MODEL_PREVIOUS: '', MODEL_PATH: to },
  ]);
});

test('nothing is handed on where the command fails, or where there is nothing to write to', async () => {
  const none = await reg('which', 'churn', 'staging', '--output-format', 'github');
  expect([none.code, readFileSync(output, 'utf8')]).toEqual([1, '']);
  const outside = await runReg(
    box,
    { cwd: registry.dir },
    'register',
    'churn',
    '--bump',
    'major',
    '--github-output',
  );
  expect(outside).toMatchObject({ code: 2, stderr: expect.stringContaining('GITHUB_OUTPUT') });
  expect((await reg('latest', 'churn')).stdout).toBe('v0.0.2\n');
});

test('JSON on one line', async () => {
  for (const args of [['show'], ['history', 'churn'], ['which', 'churn', 'prod']]) {
    const [compact, wide] = [await reg(...args, '--json', '--compact'), await reg(...args, '--json')];
    expect(compact.stdout).toBe(`${JSON.stringify(JSON.parse(wide.stdout))}\n`);
  }
});
