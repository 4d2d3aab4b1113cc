import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PROGRAM } from '../support/cli.js';
import { jsonIn, type Run, regIn, runReg } from '../support/cli-here.js';
import { type Env, sandbox } from '../support/repo.js';
import { person } from '../support/signers.js';
import { withRemote } from './registry.js';

// one story: every test goes on where the one before it ended

const box = sandbox();
const bo = person(box, 'Bo');
const { registry, remote } = withRemote(box, 'registry');
registry.commit({ '.reg.yaml': 'policy:\n  prod: {after: staging, approvals: 1}\n' });
registry.git('push', '--quiet', 'origin', 'main');
const reg = (...args: string[]): Promise<Run> => regIn(box, registry.dir)(...args);
const json = jsonIn(box, registry.dir);
const good = async (...args: string[]): Promise<string> => {
  box.advance(60);
  const { stdout, stderr, code } = await reg(...args);
  expect(code, stderr).toBe(0);
  return stdout;
};
const as = (env: Env, ...args: string[]): Promise<Run> => runReg(box, { cwd: registry.dir, env }, ...args);

test('the new name has to be declared first: the hint does that', async () => {
  await good('register', 'churn', '--version', 'v1.0.0', '--push');
  await good('assign', 'churn@v1.0.0', 'staging', '--push');
  await as(bo.env, 'approve', 'churn@v1.0.0', 'prod', '--push');
  await good('assign', 'churn@v1.0.0', 'prod', '--push');
  registry.commit({ 'model.bin': 'a later model' });
  await good('register', 'churn', '--version', 'v1.1.0', '--push');
  await good('assign', 'churn@v1.1.0', 'staging', '--push');
  const { code, stderr } = await reg('rename', 'churn', 'eu:loss');
  expect(code).toBe(1);
  const [, hint = ''] = /^hint: move its link first: (.*)$/m.exec(stderr) ?? [];
  execFileSync('sh', ['-c', hint], { cwd: registry.dir, env: box.env });
  expect(registry.git('ls-files', 'eu')).toBe('eu/loss.model.yaml');
});

test('until the tags say so, the old name is in use', async () => {
  const { stdout } = await reg('validate', '--base', 'HEAD~1');
  expect(stdout).toContain('rename it with reg rename');
});

test('a dry run, and one push that the server takes with the approvals that there were', async () => {
  const tags = [
    'eu=loss@v1.0.0',
    'eu=loss@v1.1.0',
    'eu=loss#staging#1',
    'eu=loss#prod#2',
    'eu=loss#staging#3',
    'churn@deprecated',
  ];
  expect((await good('rename', 'churn', 'eu:loss', '--dry-run')).split('\n')).toEqual([...tags, '']);
  expect(remote.tags()).not.toContain('churn@deprecated');
  const hook = join(remote.dir, 'hooks', 'pre-receive');
  writeFileSync(hook, `#!/bin/sh\nexec '${process.execPath}' '${PROGRAM}' hook pre-receive\n`);
  chmodSync(hook, 0o755);
  box.advance(60);
  const trace = join(box.root, 'trace');
  const { code, stderr } = await as({ GIT_TRACE: trace }, 'rename', 'churn', 'eu:loss', '--push');
  expect(code, stderr).toBe(0);
  expect(remote.tags()).toEqual(expect.arrayContaining(tags));
  expect(readFileSync(trace, 'utf8').match(/trace: built-in: git push .*--atomic/g)).toHaveLength(1);
  expect(registry.git('cat-file', 'tag', 'eu=loss@v1.0.0')).toContain('\nReg-Renamed-From: churn');
  expect(registry.git('cat-file', 'tag', 'eu=loss#prod#2')).toContain('\nReg-Approval: ');
});

test('both names answer, the old one with a note', async () => {
  expect(await good('which', 'eu:loss', 'prod')).toBe('v1.0.0\n');
  const old = await reg('which', 'churn', 'prod');
  expect(old).toMatchObject({ code: 0, stdout: 'v1.0.0\n' });
  expect(old.stderr).toBe('churn is deprecated; its successor is eu:loss\n');
  expect(await good('load', 'eu:loss#prod', '-o', '-')).toBe('a model');
  expect(await good('load', 'churn#prod', '-o', '-')).toBe('a model');
  // HEAD declares the model under the new name alone
  const bare = await reg('load', 'churn', '-o', '-');
  expect(bare).toMatchObject({ code: 0, stdout: 'a later model' });
  expect(bare.stderr).toBe('churn is deprecated; its successor is eu:loss\n');
  expect(await json('describe', 'churn')).toMatchObject({ file: 'eu/loss.model.yaml' });
  expect((await reg('register', 'churn')).stderr).toContain("declares no artifact 'churn'");
  expect(await good('which', 'eu:loss', 'prod', '--verify')).toBe('v1.0.0\n');
  expect(await json('describe', 'eu:loss@v1.0.0')).toMatchObject({ file: 'churn.model.yaml' });
  expect(await json('approvals', 'eu:loss')).toMatchObject([
    { version: 'v1.1.0', state: 'waiting' },
    { version: 'v1.0.0', state: 'assigned', by: ['bo@example.com'] },
  ]);
  expect(await good('show')).not.toContain('churn');
  expect(await json('diff', '#prod', '--log', '0')).toMatchObject([
    { from: { artifact: 'eu:loss', version: 'v1.0.0', file: 'churn.model.yaml' }, same: false },
  ]);
  const outputs = join(box.root, 'outputs');
  await as({ GITHUB_OUTPUT: outputs }, 'which', 'eu:loss', 'prod', '--output-format', 'github');
  expect(readFileSync(outputs, 'utf8')).toMatch(/^path.*\n?model\.bin$/m);
});

test('without the git program too', async () => {
  const { code, stdout } = await as({ REG_GIT: 'embedded' }, 'load', 'eu:loss#prod', '-o', '-');
  expect([code, stdout]).toEqual([0, 'a model']);
});

test('every check accepts it', async () => {
  for (const args of [
    ['verify'],
    ['validate', '--tags'],
    ['validate', '--base', 'HEAD~1'],
    ['doctor', '--bytes'],
  ])
    await good(...args);
});

test('once more there is nothing to do', async () => {
  const before = registry.tags();
  const { code, stderr } = await reg('rename', 'churn', 'eu:loss', '--push');
  expect(code).toBe(0);
  expect(stderr).toContain('churn is renamed to eu:loss already');
  expect(registry.tags()).toEqual(before);
  expect((await reg('register', 'eu:loss')).stderr).toContain('eu:loss v1.1.0 has these bytes already');
});

test('a second rename, and the story of all names', async () => {
  registry.git('mv', 'eu/loss.model.yaml', 'risk.model.yaml');
  registry.commit({}, 'Rename it again');
  await good('rename', 'eu:loss', 'risk', '--push');
  expect(await good('load', 'risk#prod', '-o', '-')).toBe('a model');
  expect(await json('describe', 'risk@v1.1.0')).toMatchObject({ file: 'churn.model.yaml' });
  const history = (await json('history', 'risk', '--follow')) as { artifact: string }[];
  expect(new Set(history.map(({ artifact }) => artifact))).toEqual(new Set(['risk', 'eu:loss', 'churn']));
  await good('validate', '--base', 'HEAD~2');
  await good('validate', '--tags');
});

test('a link that names an older name, and one that names the newest, lead to the model', async () => {
  const consumer = box.repository('consumer');
  for (const rev of ['churn#prod', 'risk#prod', 'risk@v1.1.0'])
    consumer.commit({
      [`${rev.split(/[@#]/).join('-')}.model.yaml`]: `source: {repo: ${registry.dir}, rev: "${rev}"}\n`,
    });
  const there = regIn(box, consumer.dir);
  const runs = [await there('load', 'churn-prod', '-o', '-'), await there('load', 'risk-prod', '-o', '-')];
  expect(runs.map(({ stdout }) => stdout)).toEqual(['a model', 'a model']);
  expect(runs[0]?.stderr).toContain('churn is deprecated; its successor is eu:loss');
  expect((await there('load', 'risk-v1.1.0', '-o', '-')).stdout).toBe('a later model');
  expect((await there('update')).code).toBe(0);
  const { code, stdout } = await there('outdated', '--fields', 'artifact,newer');
  expect([code, stdout]).toEqual([1, 'churn-prod\teu:loss#prod\n']);
});

test('a registry at a URL', async () => {
  registry.git('mv', 'risk.model.yaml', 'hazard.model.yaml');
  registry.commit({}, 'Rename it for good');
  registry.git('push', '--quiet', 'origin', 'main');
  const url = `file://${remote.dir}`;
  await good('rename', 'risk', 'hazard', '--repo', url);
  expect(await good('load', 'hazard#prod', '-o', '-', '--repo', url)).toBe('a model');
});
