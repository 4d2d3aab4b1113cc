import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { regIn, runReg } from '../support/cli-here.js';
import { sandbox } from '../support/repo.js';
import { withRemote } from './registry.js';

const box = sandbox();
const { registry, remote } = withRemote(box, 'registry');
const output = join(box.root, 'output');
const summary = join(box.root, 'summary');

/** What actions/checkout leaves of a tag: one commit, and a lightweight tag on it. */
function checkout(name: string, tag: string) {
  const clone = box.repository(name);
  clone.git('remote', 'add', 'origin', remote.dir);
  const commit = registry.git('rev-parse', `${tag}^{commit}`);
  clone.git('fetch', '--quiet', '--no-tags', '--depth=1', 'origin', `+${commit}:refs/tags/${tag}`);
  clone.git('checkout', '--quiet', '--detach', `refs/tags/${tag}`);
  return clone;
}

async function checkRef(dir: string, ...args: string[]) {
  for (const file of [output, summary]) writeFileSync(file, 'before\n');
  const env = { GITHUB_OUTPUT: output, GITHUB_STEP_SUMMARY: summary };
  const run = await runReg(box, { cwd: dir, env }, 'check-ref', ...args, '--github-output');
  const files = { output: readFileSync(output, 'utf8'), summary: readFileSync(summary, 'utf8') };
  return { ...run, ...files, outputs: parseOutput(files.output.slice('before\n'.length)) };
}

/** Reads the file as the runner does: `name=value`, or `name<<delimiter`, lines, delimiter. */
function parseOutput(text: string): Record<string, string> {
  const lines = text.split('\n').slice(0, -1);
  const found: Record<string, string> = {};
  while (lines.length > 0) {
    const [name = '', delimiter] = (lines.shift() ?? '').split('<<');
    const value: string[] = [];
    for (let line = lines.shift(); line !== delimiter; line = lines.shift()) {
      if (line === undefined) throw new Error(`${name} does not end`);
      value.push(line);
    }
    found[name] = value.join('\n');
  }
  return found;
}

const commit = registry.git('rev-parse', 'HEAD');
const message = 'Better | *much*\n<script>x</script>\nversion<<EOF\n::set-output name=version::v9';
await regIn(box, registry.dir)('assign', 'churn', 'prod', '--push', '-m', message);
registry.commit();
registry.git('push', '--quiet', 'origin', 'main');
await regIn(box, registry.dir)('assign', 'churn', 'prod', '--push');
registry.git('tag', 'churn@v7.0.0');
registry.git('push', '--quiet', 'origin', 'churn@v7.0.0');

test('the annotation that a checkout lost is fetched, and with it what came later', async () => {
  const { dir, ...clone } = checkout('first', 'churn#prod#1');
  expect(clone.git('cat-file', '-t', 'churn#prod#1')).toBe('commit');
  const run = await checkRef(dir, 'refs/tags/churn#prod#1');
  expect(run).toMatchObject({ code: 0, stderr: '' });
  expect(run.outputs).toEqual({
    event: 'assignment',
    name: 'churn',
    version: 'v0.0.1',
    stage: 'prod',
    tag: 'churn#prod#1',
    commit,
    previous: '',
    type: '',
    path: 'model.bin',
    description: '',
    sha256: '',
    time: '2026-01-01T00:00:01Z',
    author: 'Ann Lee',
    email: 'ann@example.com',
    message,
    current: 'no',
  });
  expect(run.summary).toBe(
    [
      'before',
      '### churn&#35;prod&#35;1',
      '',
      '| | |',
      '| --- | --- |',
      '| event | assignment |',
      '| name | churn |',
      '| version | v0&#46;0&#46;1 |',
      '| stage | prod |',
      '| tag | churn&#35;prod&#35;1 |',
      `| commit | ${commit} |`,
      '| path | model&#46;bin |',
      '| time | 2026&#45;01&#45;01T00&#58;00&#58;01Z |',
      '| author | Ann Lee |',
      '| email | ann&#64;example&#46;com |',
      '| message | Better &#124; &#42;much&#42;<br>&lt;script&gt;x&lt;/script&gt;<br>version&lt;&lt;EOF<br>&#58;&#58;set&#45;output name=version&#58;&#58;v9 |',
      '| current | no |',
      '',
      '',
    ].join('\n'),
  );
  expect(clone.git('cat-file', '-t', 'churn#prod#1')).toBe('tag');
});

test('the last one is current', async () => {
  const run = await checkRef(checkout('second', 'churn#prod#2').dir, 'refs/tags/churn#prod#2', '--json');
  expect(run.outputs).toMatchObject({ version: 'v0.0.2', previous: 'v0.0.1', current: 'yes' });
  expect(JSON.parse(run.stdout)).toMatchObject({ tag: 'churn#prod#2', current: true });
});

test('what is no event fails, and leaves no output', async () => {
  const { dir } = checkout('third', 'churn@v7.0.0');
  for (const ref of ['refs/tags/churn@v7.0.0', 'refs/tags/churn#prod#9', 'refs/heads/main']) {
    const run = await checkRef(dir, ref);
    expect(run).toMatchObject({ code: 1, stdout: '', output: 'before\n', summary: 'before\n' });
    expect(run.stderr).toMatch(/^(warning: ignored.*\n)?error: .*is no event of this registry\nhint: .*\n$/);
  }
});

test('outside of a workflow there is nothing to write to; its tag is fetched all the same', async () => {
  const { dir } = checkout('fourth', 'churn#prod#1');
  expect(await regIn(box, dir)('check-ref', 'churn#prod#1', '--github-output')).toMatchObject({ code: 2 });
  const { dir: other } = checkout('fifth', 'churn#prod#1');
  expect((await regIn(box, other)('check-ref', 'churn#prod#1', '--offline')).code).toBe(1);
  // later tags decide whether it is in effect still
  expect(await regIn(box, other)('check-ref', 'churn#prod#1')).toMatchObject({
    code: 1,
    stderr: 'error: tags of churn are missing in this clone\nhint: get them with: reg sync\n',
  });
  expect((await regIn(box, other)('check-ref', 'churn#prod#1', '--fetch')).stdout).toMatch(/\tsuperseded\n$/);
});

test('a ref of another tool is fine where the job says so, and a broken event never', async () => {
  const { dir } = checkout('sixth', 'churn@v7.0.0');
  for (const ref of ['refs/tags/v1.0.0', 'refs/heads/main', 'refs/tags/release/2026']) {
    const run = await checkRef(dir, ref, '--other-tags', 'ok');
    expect(run).toMatchObject({ code: 0, stderr: `${ref} is no tag of this registry\n` });
    expect(run.outputs).toEqual({ event: '', name: '', version: '', stage: '', tag: '' });
    expect((await checkRef(dir, ref, '--other-tags', 'refuse')).code).toBe(1);
  }
  for (const ref of ['refs/tags/churn@v7.0.0', 'churn@v7.0', 'churn#prod#x', 'refs/tags/churn#prod#9'])
    expect(await checkRef(dir, ref, '--other-tags', 'ok')).toMatchObject({ code: 1, output: 'before\n' });
});

test('by hand a job names what is in a stage, or a version', async () => {
  const { dir } = checkout('seventh', 'churn#prod#1');
  const asked = {
    'churn#prod': 'churn#prod#2',
    'churn@latest': 'churn@v0.0.2',
    'churn@0.0.1': 'churn@v0.0.1',
  };
  for (const [target, tag] of Object.entries(asked))
    expect([target, (await checkRef(dir, target)).outputs.tag]).toEqual([target, tag]);
  expect(await checkRef(dir, 'churn#staging')).toMatchObject({ code: 1, output: 'before\n' });
});
