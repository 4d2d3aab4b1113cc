import { Readable } from 'node:stream';
import { beforeEach, expect, test } from 'vitest';
import { type Run, runReg } from '../support/cli.js';
import { runHere } from '../support/here.js';
import { type Repository, sandbox } from '../support/repo.js';
import { makeRegistry, tagHourly } from './registry.js';

const box = sandbox();
// before the program starts, its input and its error output say that they are a terminal
const TERMINAL = 'data:text/javascript,process.stdin.isTTY=process.stderr.isTTY=true';

let registry: Repository;
let registries = 0;
beforeEach(() => {
  registries += 1;
  registry = makeRegistry(box, `registry-${registries}`, 'churn');
  tagHourly(box, registry, 'churn@v1.0.0', 'churn#prod#1', 'churn#dev#2');
});
const answering = (stdin: string, ...args: string[]): Promise<Run> =>
  runReg(box, { cwd: registry.dir, env: { NODE_OPTIONS: `--import=${TERMINAL}` }, stdin }, ...args);
/** The same in this process, which takes a fraction of the time. */
const answeringHere = (answer: string, ...args: string[]) => {
  const stdin = Readable.from([Buffer.from(answer)]);
  return runHere({ cwd: registry.dir, env: box.env, stdin, canAsk: true, isErrorTTY: true }, ...args);
};

const COMMANDS: [string[], number][] = [
  [['unassign', 'churn', 'prod'], 1],
  [['deregister', 'churn@v1.0.0'], 3],
  [['deprecate', 'churn'], 3],
];

test.each(COMMANDS)('%j: asked on a terminal, yes deletes', async (args, count) => {
  const run = await answering('y\n', ...args, '--delete');
  expect(run.code).toBe(0);
  expect(run.stdout.trim().split('\n')).toHaveLength(count);
  expect(registry.tags()).toHaveLength(3 - count);
  for (const tag of run.stdout.trim().split('\n')) expect(run.stderr).toContain(`  ${tag}\n`);
  expect(run.stderr).toContain(count === 1 ? 'Delete this tag? [y/N]' : 'Delete these 3 tags? [y/N]');
});

test.each([
  ['yes\n', 0],
  ['Y\n', 0],
  ['n\n', 1],
  ['\n', 1],
  ['yesterday\n', 1],
  ['', 1],
  ['\u0003', 1],
])('the answer %j ends with exit code %i', async (answer, code) => {
  const run = await answeringHere(answer, 'unassign', 'churn', 'prod', '--delete');
  expect(run.code).toBe(code);
  expect(registry.tags().includes('churn#prod#1')).toBe(code === 1);
  if (code === 1)
    expect(run).toMatchObject({ stdout: '', stderr: expect.stringMatching(/error: nothing was deleted/) });
});

test('who agreed beforehand is not asked', async () => {
  const run = await answeringHere('n\n', 'unassign', 'churn', 'prod', '--delete', '--yes');
  expect(run).toMatchObject({ stdout: 'churn#prod#1\n', code: 0 });
  expect(run.stderr).not.toContain('[y/N]');
});

test('nothing is asked in a dry run', async () => {
  const run = await answeringHere('y\n', 'unassign', 'churn', 'prod', '--delete', '--dry-run');
  expect(run).toMatchObject({ stdout: 'churn#prod#1\n', code: 0 });
  expect(run.stderr).not.toContain('[y/N]');
  expect(registry.tags()).toHaveLength(3);
});
