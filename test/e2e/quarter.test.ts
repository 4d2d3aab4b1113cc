import { spawnSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { PROGRAM } from '../support/cli.js';
import { runHere } from '../support/here.js';
import { type Env, sandbox } from '../support/repo.js';
import { person, signersFile } from '../support/signers.js';
import { sha256 } from './registry.js';

/** A quarter of a team: what it does well passes, what it does wrong is stopped with one clear line. */
const box = sandbox();
const [ann, bo, cy, eve] = ['Ann', 'Bo', 'Cy', 'Eve'].map((name) => person(box, name)) as [P, P, P, P];
type P = ReturnType<typeof person>;
const DAY = 24 * 3600;

const research = box.repository('research');
const server = box.repository('registry.git', '--bare');
const registry = box.repository('registry');
registry.git('remote', 'add', 'origin', server.dir);

/** Trains a model: gives it a tag, and what a link to it says. */
function train(version: string, rmse: number, model = `a model, ${version}`): string {
  const commit = research.commit({ 'churn.bin': model }, `Train ${version}`);
  research.tag(version);
  return linkTo(version, commit, model, rmse);
}

const linkTo = (rev: string, commit: string, model: string, rmse: number): string =>
  [
    '# yaml-language-server: $schema=./model-link.schema.json',
    'reg: 1',
    `source: { repo: ../research, rev: ${rev}, commit: ${commit}, path: churn.bin }`,
    `sha256: ${sha256(model)}`,
    `size: ${model.length}`,
    `metrics: { rmse: ${rmse} }`,
    'interface: { outputs: { risk: { dtype: F64, shape: [1] } } }',
    '',
  ].join('\n');

/** What CI says of the pull requests that are no good. */
const FINDINGS = {
  floating:
    "churn.model.yaml:3: error: source.rev 'main' is a branch, and .reg.yaml says revs: fixed: name a tag or a commit id [link-floating]",
  bytes:
    "churn.model.yaml:4: error: the bytes change, but source.rev is 'v1' still: what it names was replaced [change-bytes]",
  typo: "churn.model.yaml:4: error: unknown key 'sha265' (did you mean 'sha256'?) [link-schema]",
  worse:
    'churn.model.yaml:6: error: rmse is 0.46, worse than 0.42 of v1.0.0 in prod; with a tolerance of 2% it has to be at most 0.4284 [metric-worse]',
  output:
    "churn.model.yaml:7: error: churn does not fit billing: output 'risk' is F32[1], and is read as F64[1]: the dtypes differ [interface-fits]",
  removed:
    'churn.model.yaml:1: error: the link is removed, but churn is in use: v1.0.0 in prod, v1.0.0 in staging; unassign it first, rename it with reg rename, or keep the link [change-removed]',
};

const CONFIG = `stages: [staging, prod]
revs: fixed
push: true
metrics:
  rmse: { max: 0.5, noWorseThan: prod, tolerance: 2% }
expects:
  billing: { artifact: churn, outputs: { risk: { dtype: F64, shape: [1] } } }
policy:
  staging: { branch: main }
  prod:
    after: staging
    branch: main
    by: [ann@example.com, bo@example.com]
    signed: true
    approvals: 1
`;

// in this process: as the program does it, and there is much to do
const reg = (who: Env, ...args: string[]) =>
  runHere({ cwd: registry.dir, env: { ...box.env, ...who }, now: Date.now }, ...args);
const json = async (...args: string[]) =>
  JSON.parse((await reg(cy.env, ...args, '--json')).stdout) as Record<string, unknown>[];

/** A step that passes, an hour after the one before. */
async function good(who: Env, line: string): Promise<string> {
  box.advance(3600);
  const { stdout, stderr, code } = await reg(who, ...line.split(' '));
  expect(code, `reg ${line}\n${stdout}${stderr}`).toBe(0);
  return stdout.trim();
}

/** A step that is stopped, with one line. */
async function bad(who: Env, line: string, message: string): Promise<void> {
  box.advance(3600);
  const before = server.git('for-each-ref');
  const { stdout, stderr, code } = await reg(who, ...line.split(' '));
  const errors = stderr.split('\n').filter((one) => one.startsWith('error: '));
  expect({ code, stdout, errors }, stderr).toEqual({ code: 1, stdout: '', errors: [`error: ${message}`] });
  expect(server.git('for-each-ref'), 'the server is as it was').toBe(before);
}

/** A pull request: a change of files, what CI says of it, and the merge when it has nothing to say. */
async function pullRequest(
  name: string,
  files: Record<string, string | undefined>,
  ...findings: string[]
): Promise<void> {
  box.advance(3600);
  registry.git('checkout', '--quiet', '-b', name, 'main');
  for (const [path, text] of Object.entries(files))
    if (text === undefined) registry.git('rm', '--quiet', path);
  registry.commit(
    Object.fromEntries(
      Object.entries(files).flatMap(([path, text]) => (text === undefined ? [] : [[path, text]])),
    ),
    name,
  );
  const { stdout, stderr, code } = await reg(ann.env, 'validate', '--base', 'origin/main');
  expect(stdout.split('\n').filter(Boolean), stderr).toEqual(findings);
  expect(code).toBe(findings.length === 0 ? 0 : 1);
  registry.git('checkout', '--quiet', 'main');
  if (findings.length > 0) return;
  registry.git('merge', '--quiet', '--no-ff', '-m', `Merge ${name}`, name);
  registry.git('push', '--quiet', 'origin', 'main');
}

/** What the audit finds, without who and when; it runs on the server of the team's CI, in a clone of its own. */
async function audit(...options: string[]): Promise<string[]> {
  const { stdout, code } = await reg(cy.env, 'validate', '--tags', ...options);
  const lines = stdout.split('\n').filter(Boolean);
  expect(code).toBe(lines.length === 0 ? 0 : 1);
  return lines.map((line) => line.replace(/; its tagger is .* \[/, ' ['));
}

/** Git, used by somebody around the tool. */
function git(who: Env, ...args: string[]): { code: number | null; refusals: string[] } {
  box.advance(3600);
  const { status, stderr } = spawnSync('git', args, {
    cwd: registry.dir,
    env: { ...box.env, ...who },
    encoding: 'utf8',
  });
  return {
    code: status,
    refusals: [...stderr.matchAll(/^remote: (reg: .*?)\s*$/gm)].map(([, line = '']) => line),
  };
}

const v1 = train('v1', 0.42);
const v2 = train('v2', 0.38);

describe('January: the first model', () => {
  test('the rules of the team, and the link', async () => {
    registry.commit({ '.reg.yaml': CONFIG, '.reg-signers': signersFile(ann, bo, cy) }, 'Rules');
    registry.git('push', '--quiet', 'origin', 'main');
    await pullRequest('first-model', { 'churn.model.yaml': v1 });
  });

  test('it goes to production step by step', async () => {
    await bad(ann.env, 'assign churn test', "'test' is not among the stages that the configuration allows");
    expect(await good(ann.env, 'register churn --version v1.0.0')).toBe('churn@v1.0.0');
    await bad(
      ann.signing,
      'assign churn@v1.0.0 prod',
      'churn v1.0.0 was never in staging, and prod takes only what was; churn v1.0.0 has 0 of 1 approvals for prod',
    );
    expect(await good(cy.env, 'assign churn@v1.0.0 staging')).toBe('churn#staging#1');
    await bad(ann.env, 'assign churn@v1.0.0 prod --sign', 'churn v1.0.0 has 0 of 1 approvals for prod');
    await good(ann.signing, 'approve churn@v1.0.0 prod');
    await bad(ann.signing, 'assign churn@v1.0.0 prod', 'churn v1.0.0 has 0 of 1 approvals for prod');
    await good(cy.signing, 'approve churn@v1.0.0 prod');
    await bad(ann.env, 'assign churn@v1.0.0 prod', 'churn#prod#2 is not signed, and prod asks for it');
    await bad(cy.signing, 'assign churn@v1.0.0 prod', 'cy@example.com may not change prod of churn');
    expect(await good(ann.signing, 'assign churn@v1.0.0 prod')).toBe('churn#prod#2');
    expect(await audit()).toEqual([]);
  });
});

describe('February: pull requests', () => {
  test('that are no good', async () => {
    box.advance(31 * DAY);
    const head = research.git('rev-parse', 'HEAD');
    await pullRequest(
      'a-branch',
      { 'churn.model.yaml': linkTo('main', head, 'a model, v2', 0.38) },
      FINDINGS.floating,
    );
    const was = research.git('rev-parse', 'v1');
    const replaced = research.commit({ 'churn.bin': 'another model' }, 'Train again');
    research.git('tag', '--force', '--annotate', '--message', 'v1', 'v1');
    await pullRequest(
      'a-tag-that-was-replaced',
      { 'churn.model.yaml': linkTo('v1', replaced, 'another model', 0.4) },
      FINDINGS.bytes,
    );
    research.git('update-ref', 'refs/tags/v1', was);
    await pullRequest('a-typo', { 'churn.model.yaml': v2.replace('sha256:', 'sha265:') }, FINDINGS.typo);
    await pullRequest('worse', { 'churn.model.yaml': v2.replace('0.38', '0.46') }, FINDINGS.worse);
    await pullRequest('another-output', { 'churn.model.yaml': v2.replace('F64', 'F32') }, FINDINGS.output);
    await pullRequest('gone', { 'churn.model.yaml': undefined }, FINDINGS.removed);
  });

  test('a better model', async () => {
    await pullRequest('second-model', { 'churn.model.yaml': v2 });
    await good(bo.env, 'register churn --version v1.1.0');
  });

  test('a model that was not merged', async () => {
    registry.git('checkout', '--quiet', '-b', 'experiment');
    registry.commit({ 'churn.model.yaml': train('v3', 0.2) }, 'Try something');
    await good(bo.env, 'register churn --version v2.0.0-rc.1');
    const commit = registry.git('rev-parse', 'HEAD').slice(0, 12);
    await bad(
      bo.env,
      'assign churn@v2.0.0-rc.1 staging',
      `churn v2.0.0-rc.1 is commit ${commit}, which is not on main, and staging takes only what is`,
    );
    registry.git('checkout', '--quiet', 'main');
  });

  test('a rule that a branch weakens for itself does not count', async () => {
    registry.git('checkout', '--quiet', '-b', 'weaker');
    registry.commit({ '.reg.yaml': 'push: true\n' }, 'No rules');
    await bad(
      eve.signing,
      'assign churn@v1.1.0 prod',
      `churn v1.1.0 was never in staging, and prod takes only what was; eve@example.com may not change prod of churn; churn v1.1.0 has 0 of 1 approvals for prod`,
    );
    registry.git('checkout', '--quiet', 'main');
  });

  test('the better model is promoted', async () => {
    await good(bo.env, 'assign churn@v1.1.0 staging');
    await good(ann.signing, 'approve churn@v1.1.0 prod');
    expect(await good(bo.signing, 'assign churn@v1.1.0 prod')).toBe('churn#prod#4');
    expect(await audit('--since', '2026-02-01')).toEqual([]);
  });
});

describe('March: around the tool', () => {
  test('a tag that was pushed past the rules is found', async () => {
    box.advance(28 * DAY);
    git(eve.env, 'tag', '-a', '-m', 'Trust me', 'churn#prod#5', 'churn@v2.0.0-rc.1^{}');
    expect(git(eve.env, 'push', '--quiet', 'origin', 'churn#prod#5').code).toBe(0);
    const ref = 'refs/tags/churn#prod#5:1: error:';
    const commit = registry.git('rev-parse', 'churn@v2.0.0-rc.1^{}').slice(0, 12);
    expect(await audit('--since', '2026-03-01')).toEqual([
      'refs/tags/churn#prod#5:1: info: it names no event before it, and churn#prod#4 does [tag-parent]',
      `${ref} churn v2.0.0-rc.1 was never in staging, and prod takes only what was [tag-after]`,
      `${ref} churn v2.0.0-rc.1 is commit ${commit}, which is not on main, and prod takes only what is [tag-branch]`,
      `${ref} eve@example.com may not change prod of churn [tag-by]`,
      `${ref} churn#prod#5 is not signed, and prod asks for it [tag-signed]`,
      `${ref} churn v2.0.0-rc.1 has 0 of 1 approvals for prod [tag-approvals]`,
    ]);
    expect(await good(cy.env, 'which churn prod')).toBe('v2.0.0-rc.1');
  });

  test('it is rolled back, by those who may', async () => {
    await bad(eve.signing, 'rollback churn prod', 'eve@example.com may not change prod of churn');
    await bad(bo.env, 'rollback churn prod', 'churn#prod#6 is not signed, and prod asks for it');
    await bad(
      bo.signing,
      'rollback churn prod --delete --yes',
      'churn#prod#5 concerns prod, which has a policy, and history is not deleted there',
    );
    expect(await good(bo.signing, 'rollback churn prod')).toBe('churn#prod#6');
    expect(await good(cy.env, 'which churn prod')).toBe('v1.1.0');
  });

  test('a moved version and a deleted event are named', async () => {
    const was = server.git('rev-parse', 'refs/tags/churn@v1.1.0');
    git(eve.env, 'tag', '-f', '-a', '-m', 'Better', 'forged', 'experiment');
    git(eve.env, 'push', '--quiet', '--force', 'origin', 'forged^{tag}:refs/tags/churn@v1.1.0');
    const [moved = ''] = (await audit()).filter((line) => line.includes('[tag-moved]'));
    expect(moved).toMatch(
      /^refs\/tags\/churn@v1\.1\.0:1: error: it is \w+ here and \w+ where it is shared \[tag-moved\]$/,
    );
    git(ann.env, 'push', '--quiet', '--force', 'origin', `${was}:refs/tags/churn@v1.1.0`);
    const event = server.git('rev-parse', 'refs/tags/churn#staging#1');
    git(eve.env, 'push', '--quiet', '--delete', 'origin', 'refs/tags/churn#staging#1');
    git(eve.env, 'tag', '-d', 'churn#staging#1');
    const { stdout, code } = await reg(cy.env, 'verify', 'churn');
    expect(code).toBe(1);
    const problems = stdout
      .split('\n')
      .flatMap((line) => line.split('\t').slice(6))
      .filter((one) => one && one !== '-');
    expect(problems).toEqual(['churn#staging#1 was deleted: churn#prod#2 names it as the event before it']);
    git(ann.env, 'push', '--quiet', 'origin', `${event}:refs/tags/churn#staging#1`);
    await good(ann.env, 'sync');
  });

  test('from now on the server says no itself', async () => {
    const hook = join(server.dir, 'hooks', 'pre-receive');
    writeFileSync(hook, `#!/bin/sh\nexec '${process.execPath}' '${PROGRAM}' hook pre-receive\n`);
    chmodSync(hook, 0o755);
    git(eve.env, 'tag', '-a', '-m', 'Again', 'churn#staging#7', 'churn@v2.0.0-rc.1^{}');
    const commit = registry.git('rev-parse', 'churn@v2.0.0-rc.1^{}').slice(0, 12);
    expect(git(eve.env, 'push', '--quiet', 'origin', 'churn#staging#7')).toEqual({
      code: 1,
      refusals: [
        `reg: churn#staging#7: churn v2.0.0-rc.1 is commit ${commit}, which is not on main, and staging takes only what is; merge it into main first, and push that`,
      ],
    });
    expect(git(eve.env, 'push', '--quiet', '--delete', 'origin', 'refs/tags/churn#prod#6').refusals).toEqual([
      'reg: churn#prod#6: it is an event, and history is not deleted; take it back with an event of its own',
    ]);
    git(eve.env, 'tag', '-d', 'churn#staging#7');
    expect(await good(bo.env, 'unassign churn@v1.0.0 staging')).toBe('churn#staging!#7');
  });

  test('the audit of the quarter: one bad event, everything else by the book', async () => {
    const tags = new Set((await audit()).map((line) => line.split(':')[0]));
    expect([...tags]).toEqual(['refs/tags/churn#prod#5']);
    const rows = await json('verify', 'churn#prod');
    expect(rows.map(({ tag, signature, signer, problem }) => [tag, signature, signer, problem])).toEqual([
      ['churn#prod#6', 'good', 'bo@example.com', null],
      ['churn#prod#5', 'unsigned', null, null],
      ['churn#prod#4', 'good', 'bo@example.com', null],
      ['churn#prod#2', 'good', 'ann@example.com', null],
    ]);
    const stays = await json('history', 'churn', '--stage', 'prod', '--intervals', '--asc');
    expect(stays.map(({ version, author, endAuthor }) => [version, author, endAuthor])).toEqual([
      ['v1.0.0', 'Ann', 'Bo'],
      ['v1.1.0', 'Bo', 'Eve'],
      ['v2.0.0-rc.1', 'Eve', 'Bo'],
      ['v1.1.0', 'Bo', null],
    ]);
    const checked = await json('check-ref', 'refs/tags/churn#prod#6');
    expect(checked).toMatchObject({ artifact: 'churn', version: 'v1.1.0', stage: 'prod', current: true });
  });
});
