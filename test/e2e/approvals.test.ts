import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { artifactPath } from '../../src/site/web/site-path.js';
import { jsonIn, type Run, runReg, transcript } from '../support/cli-here.js';
import { type Env, sandbox } from '../support/repo.js';
import { person } from '../support/signers.js';
import { withRemote } from './registry.js';

const box = sandbox();
const [bo, cy] = [person(box, 'Bo'), person(box, 'Cy')];
const { registry, remote } = withRemote(box, 'registry');
registry.commit({
  '.reg.yaml':
    'policy:\n  prod: {after: staging, approvals: 1, approvers: [bo@example.com, ann@example.com]}\n',
});
registry.git('push', '--quiet', 'origin', 'main');

const reg = (env: Env | undefined, ...args: string[]): Promise<Run> => {
  box.advance(60);
  return runReg(box, env === undefined ? { cwd: registry.dir } : { cwd: registry.dir, env }, ...args);
};
const json = jsonIn(box, registry.dir);

test('what waits, what is approved, and what an assignment rests on', async () => {
  await reg(undefined, 'register', 'churn', '--version', 'v1.0.0', '--push');
  await reg(undefined, 'assign', 'churn@v1.0.0', 'staging', '--push');
  const waiting = {
    artifact: 'churn',
    version: 'v1.0.0',
    stage: 'prod',
    state: 'waiting',
    wanted: 1,
    by: [],
  };
  expect(await json('approvals')).toMatchObject([waiting]);
  const { artifact: _, version: __, ...ofStage } = waiting;
  expect(await json('show', 'churn')).toMatchObject([{ version: 'v1.0.0', approvals: [ofStage] }]);
  // someone who is not among the approvers
  await reg(cy.env, 'approve', 'churn@v1.0.0', 'prod', '--push');
  expect(await json('approvals', 'churn')).toMatchObject([waiting]);
  expect(await reg(undefined, 'assign', 'churn@v1.0.0', 'prod', '--push')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('hint: bo@example.com, ann@example.com approve with:'),
  });
  await reg(bo.env, 'approve', 'churn@v1.0.0', 'prod', '--push');
  expect(transcript(await reg(undefined, 'approvals'))).toMatchInlineSnapshot(`
    "$ reg approvals
    churn	v1.0.0	prod	approved	1	bo@example.com
    "
  `);
  const approved = { stage: 'prod', state: 'approved', wanted: 1, by: ['bo@example.com'] };
  expect(await json('describe', 'churn@v1.0.0')).toMatchObject({ approvals: [approved] });
  expect((await reg(undefined, 'show', 'churn')).stdout).toMatch(/\tRegister churn v1\.0\.0\tprod:1\/1\n$/);
  const site = await reg(undefined, 'site', '--out', '../site');
  expect(site).toMatchObject({ code: 0 });
  expect(readFileSync(join(box.root, 'site', artifactPath('churn')), 'utf8')).toContain(
    '<span class="note" title="bo@example.com">approved for prod 1/1</span>',
  );
  await reg(undefined, 'assign', 'churn@v1.0.0', 'prod', '--push');
  expect(await json('approvals')).toEqual([]);
  expect(await json('approvals', 'churn')).toMatchObject([{ state: 'assigned', by: ['bo@example.com'] }]);
  const approval = remote.git('rev-parse', 'refs/tags/reg/approve/churn/v1.0.0/prod/bo%40example.com');
  expect(registry.git('cat-file', 'tag', 'churn#prod#2')).toContain(`\nReg-Approval: ${approval}\n`);
  expect(await json('history', '-n', '1')).toMatchObject([{ message: 'Assign churn v1.0.0 to prod' }]);
});

test('an approval that is dated into the past does not count for an assignment that did not name it', async () => {
  registry.commit();
  registry.git('push', '--quiet', 'origin', 'main');
  await reg(undefined, 'register', 'churn', '--version', 'v1.1.0', '--push');
  await reg(undefined, 'assign', 'churn@v1.1.0', 'staging', '--push');
  registry.git('tag', '-a', '-m', 'Around the tool\n\nReg-Version: v1.1.0', 'churn#prod#4');
  registry.git('push', '--quiet', 'origin', 'refs/tags/churn#prod#4');
  const past = { ...bo.env, GIT_COMMITTER_DATE: '@1262304000 +0000' };
  await reg(past, 'approve', 'churn@v1.1.0', 'prod', '--push');
  const { stdout } = await reg(undefined, 'validate', '--tags');
  expect(stdout).toContain(
    'churn v1.1.0 has 0 of 1 approvals for prod; 1 more that churn#prod#4 does not name',
  );
});

test('an assignment that is dated into the past is checked, also with --since', async () => {
  const env = { ...box.env, ...cy.env, GIT_COMMITTER_DATE: '@1262304000 +0000' };
  const message = 'Around the tool\n\nReg-Version: v1.1.0';
  spawnSync('git', ['tag', '-a', '-m', message, 'churn#prod'], { cwd: registry.dir, env });
  registry.git('push', '--quiet', 'origin', 'refs/tags/churn#prod');
  const { stdout, code } = await reg(undefined, 'validate', '--tags', '--since', '2027-01-01');
  expect(code).toBe(1);
  expect(stdout).toMatch(/^refs\/tags\/churn#prod:1: error: .*\[tag-approvals\]$/m);
  expect(stdout).not.toContain('churn#prod#4:1');
});
