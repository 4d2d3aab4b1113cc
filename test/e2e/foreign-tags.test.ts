import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { PROGRAM } from '../support/cli.js';
import { jsonIn, regIn } from '../support/cli-here.js';
import { type Repository, sandbox } from '../support/repo.js';

const box = sandbox();
const LINK = 'source: {path: README.md}\n';
let registry: Repository;

/** A registry of `churn` among tags of other tools. */
function registryAmong(name: string, config: string): Repository {
  const made = box.repository(name);
  made.commit({ 'README.md': 'hello', 'churn.model.yaml': LINK, '.reg.yaml': config });
  for (const tag of ['churn@v1.0.0', 'churn#prod#1', 'nightly#2026-01-01', 'issue#12', 'issue#13'])
    made.tag(tag, 'by hand');
  made.git('tag', 'lerna@v1.0.0');
  made.git('tag', 'churn@v1.0');
  return made;
}

const findings = async (dir: string) =>
  (await jsonIn(box, dir)('doctor')) as {
    level: string;
    check: string;
    subject: string;
    fix: string | null;
  }[];

beforeAll(() => {
  registry = registryAmong('registry', 'stages: [dev, prod]\n');
});

describe('an artifact that nothing declares, with stages that are not listed', () => {
  test.each([
    ['show', 'churn\tv1.0.0\tprod=v1.0.0\tactive\n'],
    ['stages --used', 'prod\n'],
  ])('%s leaves it out, and says so', async (command, stdout) => {
    const run = await regIn(box, registry.dir)(...command.split(' '));
    expect(run).toMatchObject({ stdout, code: 0 });
    expect(run.stderr).toContain(
      'issue and 1 more are left out: nothing declares them, and .reg.yaml does not list their stages; see: reg show --undeclared\n',
    );
  });

  test('history leaves it out; by its name, and with --undeclared, it is there', async () => {
    const reg = regIn(box, registry.dir);
    expect((await reg('history')).stdout).not.toMatch(/nightly|issue/);
    expect((await reg('history', 'nightly')).stdout).toContain('2026-01-01');
    expect((await reg('show', '--undeclared')).stdout).toMatch(/^issue\t.*\nnightly\t/m);
  });

  test('without a list of stages, and where HEAD declares it, it is an artifact', async () => {
    const any = registryAmong('any-stage', 'push: false\n');
    expect((await regIn(box, any.dir)('show')).stdout).toMatch(/^nightly\t/m);
    const declared = registryAmong('declared', 'stages: [dev, prod]\n');
    declared.commit({ 'nightly.model.yaml': LINK });
    expect((await regIn(box, declared.dir)('show')).stdout).toMatch(/^nightly\t/m);
  });
});

describe('doctor', () => {
  test('proposes to exclude what may be of another tool, and no command that deletes it', async () => {
    const found = await findings(registry.dir);
    expect(found.filter(({ check }) => check === 'foreign')).toEqual([
      expect.objectContaining({ level: 'info', subject: 'lerna', fix: null }),
      expect.objectContaining({ level: 'info', subject: 'issue', fix: null }),
      expect.objectContaining({ level: 'info', subject: 'nightly', fix: null }),
    ]);
    // churn is declared, so that this tag is one of the registry
    expect(found.filter(({ fix }) => fix?.includes('-d'))).toEqual([
      expect.objectContaining({ check: 'look-alike', subject: 'churn@v1.0' }),
    ]);
    const { stdout } = await regIn(box, registry.dir)('doctor');
    expect(stdout).toContain("put into .reg.yaml: artifacts: {exclude: ['nightly']}");
  });

  test.each([
    ['a message of gto', 'Registering artifact scoring version v1.0.0', true],
    ['a message of reg', 'Register scoring v1.0.0', true],
    ['another message', 'Version 1', false],
  ])('%s is proof that an artifact is of this registry: %s', async (name, message, isProof) => {
    const made = box.repository(`proof of ${name}`);
    made.commit({ 'README.md': 'hello' });
    made.tag('scoring@v1.0.0', message);
    made.git('tag', 'scoring@v1.0');
    const [found] = await findings(made.dir);
    expect(found).toMatchObject(
      isProof
        ? { check: 'look-alike', fix: 'git update-ref -d refs/tags/scoring@v1.0' }
        : { check: 'foreign', fix: null },
    );
  });
});

test('validate --tags takes a lightweight tag of an artifact that is unknown for that of another tool', async () => {
  const { stdout, code } = await regIn(box, registry.dir)('validate', '--tags');
  expect(stdout).toContain('refs/tags/lerna@v1.0.0:1: info: it is lightweight, and nothing declares lerna');
  expect(code).toBe(0);
});

describe('artifacts: {exclude: […]}', () => {
  const CONFIG = "stages: [dev, prod]\nartifacts: {exclude: [nightly, 'iss*', lerna, 'eu:*']}\n";
  let excluding: Repository;
  beforeAll(() => {
    excluding = registryAmong('excluding', CONFIG);
    excluding.commit({ 'eu/credit.model.yaml': LINK });
    excluding.tag('eu=credit@v1.0.0');
  });

  test.each([
    ['git', {}],
    ['no git', { REG_GIT: 'embedded' }],
  ])('with %s, no overview has such an artifact', async (_, env) => {
    const reg = regIn(box, excluding.dir, env);
    expect(await reg('show')).toMatchObject({ stdout: 'churn\tv1.0.0\tprod=v1.0.0\tactive\n', stderr: '' });
    expect((await reg('show', '--undeclared')).stdout).not.toMatch(/nightly|issue|lerna|eu:/);
    expect((await reg('history')).stdout).not.toMatch(/nightly|issue|lerna|eu:/);
    expect((await reg('which', '#prod')).stdout).toMatch(/^churn\t.*\n$/);
  });

  test.each([
    ['which', 'issue', '12'],
    ['latest', 'eu:credit'],
    ['show', 'nightly'],
    ['history', 'nightly'],
    ['check-ref', 'issue#12'],
    ['load', 'eu:credit'],
    ['describe', 'eu:credit'],
    ['diff', 'eu:credit', 'churn'],
    ['register', 'eu:credit'],
    ['assign', 'issue', 'prod'],
    ['unassign', 'nightly', 'prod'],
    ['deprecate', 'lerna'],
    ['rollback', 'eu:credit', 'prod'],
    ['approve', 'eu:credit', 'prod'],
    ['link', 'README.md', 'lerna'],
    ['upload', 'README.md', 'lerna'],
    ['update', 'eu:credit'],
  ])('reg %s %s is an error that names the key', async (...args) => {
    const { code, stdout, stderr } = await regIn(box, excluding.dir)(...args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(
      /^error: '\S+' is not an artifact here: artifacts.exclude of .reg.yaml takes its tags for those of another tool\n/,
    );
  });

  test('at a URL, the configuration of HEAD counts', async () => {
    const reg = regIn(box, box.root);
    const url = `file://${excluding.dir}`;
    expect((await reg('show', '--repo', url)).stdout).toBe('churn\tv1.0.0\tprod=v1.0.0\tactive\n');
    const { code, stderr } = await reg('latest', 'eu:credit', '--repo', url);
    expect(code).toBe(1);
    expect(stderr).toContain("error: 'eu:credit' is not an artifact here");
  });

  test('doctor and validate --tags pass over its tags', async () => {
    expect((await findings(excluding.dir)).map(({ subject }) => subject)).toEqual(['churn@v1.0']);
    expect((await regIn(box, excluding.dir)('validate', '--tags')).stdout).not.toMatch(/lerna|nightly|issue/);
  });

  test('a clone has the rules of the default branch: a change under review hides nothing from a check', async () => {
    box.repository('shared', '--bare');
    registry.git('push', '--quiet', '../shared', 'main', '--tags');
    registry.git('clone', '--quiet', '../shared', '../clone');
    const clone = box.at('clone');
    clone.commit({ '.reg.yaml': 'stages: [dev, prod]\nartifacts: {exclude: [churn]}\n' });
    const reg = regIn(box, clone.dir);
    expect((await reg('latest', 'churn')).code).toBe(1);
    expect((await reg('verify')).stdout).toContain('churn@v1.0.0');
    const { stdout } = await reg('validate');
    expect(stdout).toContain('artifacts');
    expect(stdout).toContain('[config-change]');
    box.at('shared').git('tag', '-d', 'churn@v1.0.0');
    expect((await reg('status')).stdout).toContain('churn@v1.0.0');
    const judged = await reg('diff', '#prod', '--exit-code=worse', '--json');
    expect(judged.stdout).toContain('"artifact": "churn"');
  });
});

test('the hook of a server lets tags through that its default branch excludes, and no others', async () => {
  const server = box.repository('server', '--bare');
  const clone = registryAmong('pushing', 'artifacts: {exclude: [nightly]}\n');
  clone.git('remote', 'add', 'origin', server.dir);
  clone.git('push', '--quiet', 'origin', 'main');
  const hook = join(server.dir, 'hooks', 'pre-receive');
  writeFileSync(hook, `#!/bin/sh\nexec '${process.execPath}' '${PROGRAM}' hook pre-receive\n`);
  chmodSync(hook, 0o755);
  const push =
    (...refspecs: string[]) =>
    () =>
      clone.git('push', '--quiet', 'origin', ...refspecs);
  clone.git('tag', 'nightly#2026-01-03');
  expect(push('nightly#2026-01-01', 'nightly#2026-01-03')).not.toThrow();
  expect(push('lerna@v1.0.0')).toThrow(/lerna@v1.0.0/);
  // a push cannot choose what it is judged by
  clone.commit({ '.reg.yaml': 'artifacts: {exclude: [lerna]}\n' });
  expect(push('main', 'lerna@v1.0.0')).toThrow(/lerna@v1.0.0/);
});
