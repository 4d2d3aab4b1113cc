import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { sandbox } from '../support/repo.js';
import { withRemote } from './registry.js';

// The action of GitHub, run as a runner runs it: inputs are variables, and outputs are a file.

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const text = readFileSync(join(PROJECT, 'action.yml'), 'utf8');
const ACTION = parse(text) as {
  inputs: Record<string, { description: string; default: string }>;
  outputs: Record<string, { description: string }>;
  runs: { using: string; main: string };
};
const SOURCE = readFileSync(join(PROJECT, ACTION.runs.main), 'utf8');

const box = sandbox();
const { registry } = withRemote(box, 'registry');
const file = (name: string): string => join(box.root, name);

function action(inputs: Record<string, string>) {
  for (const name of ['output', 'path', 'summary']) writeFileSync(file(name), '');
  const given = Object.entries(ACTION.inputs).map(([name, { default: value }]) => [
    `INPUT_${name.toUpperCase()}`,
    inputs[name] ?? (value.startsWith('${{') ? 'refs/heads/main' : value),
  ]);
  const run = spawnSync(process.execPath, [join(PROJECT, ACTION.runs.main)], {
    cwd: registry.dir,
    env: {
      ...box.env,
      ...Object.fromEntries(given),
      CI: 'true',
      RUNNER_TEMP: box.root,
      GITHUB_OUTPUT: file('output'),
      GITHUB_PATH: file('path'),
      GITHUB_STEP_SUMMARY: file('summary'),
    },
    encoding: 'utf8',
  });
  const written = readFileSync(file('output'), 'utf8');
  const outputs = Object.fromEntries(
    [...written.matchAll(/^(\w+)<<(.*)\n([\s\S]*?)\n\2$/gm)].map(([, name, , value]) => [name, value]),
  );
  return { code: run.status, stdout: run.stdout, stderr: run.stderr, outputs };
}

describe('action.yml', () => {
  test('describes its inputs and outputs, and reads all of them', () => {
    for (const one of Object.values({ ...ACTION.inputs, ...ACTION.outputs }))
      expect(one.description).not.toBe('');
    for (const one of Object.values(ACTION.inputs)) expect(one.default).toBeDefined();
    for (const name of Object.keys(ACTION.inputs)) expect(SOURCE, name).toContain(`'${name}'`);
    expect(ACTION.runs.using).toMatch(/^node\d\d$/);
  });
});

test('a team works with it: register, assign, ask, load, roll back', () => {
  expect(action({ command: 'register', artifact: 'churn' })).toMatchObject({
    code: 0,
    outputs: { event: 'registration', name: 'churn', version: 'v0.0.1', created: 'yes', pushed: 'yes' },
  });
  expect(
    action({ command: 'assign', artifact: 'churn', version: '0.0.1', stage: 'prod', message: 'a; b "c"' }),
  ).toMatchObject({ code: 0, outputs: { tag: 'churn#prod#1', message: 'a; b "c"', previous: '' } });
  registry.commit({ 'model.bin': 'better' });
  registry.git('push', '--quiet', 'origin', 'main');
  expect(action({ command: 'assign', artifact: 'churn', stage: 'prod' }).outputs).toMatchObject({
    version: 'v0.0.2',
    previous: 'v0.0.1',
  });
  expect(action({ command: 'rollback', artifact: 'churn', stage: 'prod' }).outputs.version).toBe('v0.0.1');
  expect(action({ command: 'which', artifact: 'churn', stage: 'prod' }).stdout).toBe('v0.0.1\n');
  expect(action({ command: 'latest', artifact: 'churn' }).outputs.version).toBe('v0.0.2');
  const loaded = action({ command: 'load', artifact: 'churn', stage: 'prod', output: file('model') });
  expect(loaded).toMatchObject({ code: 0, outputs: { version: 'v0.0.1', path: file('model') } });
  expect(existsSync(file('model'))).toBe(true);
  const checked = action({ command: 'check-ref', ref: 'refs/tags/churn#prod#2' });
  expect(checked.outputs).toMatchObject({ event: 'assignment', stage: 'prod', current: 'no' });
  expect(action({ command: 'check-ref' }).code).toBe(1);
  expect(action({ command: 'check-ref', 'other-tags': 'ok' })).toMatchObject({
    code: 0,
    outputs: { event: '' },
  });
  expect(readFileSync(file('summary'), 'utf8')).toContain('| --- | --- |');
});

test('it checks links and tags, and fails a change that is wrong', () => {
  expect(action({ tags: 'true', since: '2020-01-01' }).code).toBe(0);
  writeFileSync(join(registry.dir, 'other.model.yaml'), 'source: {path: nowhere.bin}\n');
  const found = action({});
  expect([found.code, found.stdout]).toEqual([1, expect.stringMatching(/^::error .*other\.model\.yaml/m)]);
  expect(action({ paths: '\nchurn.model.yaml\n', format: 'text' }).code).toBe(0);
});

test('later steps find reg on the PATH', () => {
  expect(action({ command: 'setup' })).toMatchObject({ code: 0, stdout: '', stderr: '' });
  const PATH = `${readFileSync(file('path'), 'utf8').trim()}:${box.env.PATH}`;
  const run = spawnSync('sh', ['-c', 'reg latest churn'], {
    cwd: registry.dir,
    env: { ...box.env, PATH },
    encoding: 'utf8',
  });
  expect(run.stdout).toBe('v0.0.2\n');
});

test('no input is more than a value', () => {
  const odd = action({ command: 'which', artifact: '--help', stage: '$(touch owned)' });
  expect([odd.code, existsSync(join(registry.dir, 'owned'))]).toEqual([2, false]);
  expect(action({ command: 'validate', base: '--help' }).code).not.toBe(0);
  expect(action({ command: 'deploy' })).toMatchObject({ code: 1, stdout: expect.stringMatching(/^::error/) });
  expect(action({ command: 'which', artifact: 'churn' }).stdout).toContain('input stage is missing');
  expect(action({ command: 'register', artifact: 'churn', push: 'yes' }).stdout).toContain(
    "'yes' is neither",
  );
});
