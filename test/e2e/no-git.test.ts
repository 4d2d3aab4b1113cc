import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Run, regIn, runReg, transcript } from '../support/cli-here.js';
import { type Env, sandbox } from '../support/repo.js';
import { type GitServer, serveHttp } from '../support/servers.js';
import { EVIDENCE, MODEL, MODEL_PATH, makeRegistry, makeResearch, sha256, tellStory } from './registry.js';

const box = sandbox();
const registry = makeRegistry(box, 'registry', 'churn', 'models:fraud');
const research = makeResearch(box);
const nowhere = join(box.root, 'nowhere');
mkdirSync(nowhere);

/** The two ways to do without the program. */
const NO_GIT: Env = { PATH: nowhere };
const EMBEDDED: Env = { REG_GIT: 'embedded' };
const WAYS: readonly (readonly [string, Env])[] = [
  ['no git on PATH', NO_GIT],
  ['REG_GIT=embedded', EMBEDDED],
];

let server: GitServer;
beforeAll(async () => {
  server = await serveHttp(box);
  const links = { repo: '../research', web: `${server.url}/research/.git` };
  const linkOf = (repo: string) =>
    `source: {repo: ${repo}, rev: v1, commit: ${research.git('rev-parse', 'HEAD')}, path: ${MODEL_PATH}}\nsha256: ${sha256(MODEL)}\nsize: ${MODEL.length}\n`;
  registry.commit({
    '.reg.yaml': 'stages: [dev, staging, prod]\n',
    'cost.model.yaml': linkOf(links.repo),
    'cost-web.model.yaml': linkOf(links.web),
    'dvc.yaml': 'artifacts: {rank: {path: model.bin}}\n',
  });
  await tellStory(box, registry);
  registry.commit({ 'waiting.model.yaml': 'description: Not yet\nsource: {path: model.bin}\n' });
  for (const name of ['cost@v1.0.0', 'cost-web@v1.0.0', 'rank@v1.0.0']) registry.tag(name, 'Said', 'HEAD');
  registry.git('tag', 'rank@v3.0.0');
  registry.git('tag', '--annotate', '--message', 'A tag of a tag', 'rank@v5.0.0', 'rank@v1.0.0');
  // git sends this one; a tag that a server cannot send is damage at a URL
  registry.writeRawTag(
    `object ${registry.git('rev-parse', 'HEAD')}\ntype commit\ntag rank@v6.0.0\n\nNobody\n`,
    'rank@v6.0.0',
  );
  registry.git('pack-refs', '--all');
  registry.tag('rank#prod#7');
  registry.git('clone', '--quiet', '--bare', '.', join(box.root, 'bare.git'));
  box.at('bare.git').git('config', 'uploadpack.allowFilter', 'true');
  research.git('config', 'uploadpack.allowFilter', 'true');
});
afterAll(() => server.close());

/** Questions, words between spaces. */
const QUESTIONS = `
show | show --deprecated | show churn | show churn@latest | show churn#prod | show rank | show --at 2026-01-04T00:00:00Z
which churn prod | which churn prod --all | which churn prd | which chrn prod | which churn prod --at 2026-01-04T00:00:00Z
latest churn | latest models:fraud | latest nobody | history | history churn --stage prod | history -n 3 --asc
stages | stages --used | check-ref churn#prod#1 | check-ref rank@v3.0.0 | check-ref main
describe churn | describe rank | describe churn --rev main~1 | describe models:fraud
load churn -o - | load churn#prod -o - | load churn@v1.1.0 -o - | load models:fraud@latest -o - | load waiting -o -
load churn --rev main~2 -o - | load churn --rev no-such-branch -o - | load churn@v9.9.9 -o - | load rank -o -
load cost-web@latest -o -
`
  .split(/[|\n]/)
  .map((line) => line.trim())
  .filter(Boolean);

function said(question: string, { bytes, stderr, code }: Run): string {
  const known = Buffer.from(bytes.toString('latin1').replace(EVIDENCE, ''), 'latin1');
  return `${question}\n${sha256(known)} ${known.toString('utf8', 0, 2000)}-- stderr --\n${stderr}-- exit ${code} --`;
}

async function askAll(cwd: string, env: Env, ...options: string[]): Promise<string[]> {
  const answers: string[] = [];
  const waiting = QUESTIONS.entries();
  const askOn = async (): Promise<void> => {
    for (const [place, question] of waiting)
      answers[place] = said(question, await runReg(box, { cwd, env }, ...question.split(' '), ...options));
  };
  await Promise.all([askOn(), askOn(), askOn()]);
  return answers;
}

describe('every question has the answer that the git program gives', () => {
  let text: string[];
  let json: string[];
  beforeAll(async () => {
    text = await askAll(registry.dir, {});
    json = await askAll(registry.dir, {}, '--json');
    expect(text.filter((answer) => answer.endsWith('exit 0 --')).length).toBeGreaterThan(25);
  }, 60_000);

  test('in a clone', async () => {
    expect(await askAll(registry.dir, NO_GIT)).toEqual(text);
  });

  test('over http, in JSON', async () => {
    const url = `${server.url}/bare.git`;
    const answers = await askAll(nowhere, NO_GIT, '--json', '--repo', url);
    // a hint about a registry elsewhere says where
    expect(answers.map((answer) => answer.replaceAll(` --repo ${url}`, ''))).toEqual(json);
  });
});

test.each(WAYS)('a model of another repository on this machine, as a file: %s', async (way, env) => {
  const cwd = join(box.root, way.replaceAll(/\W/g, '-'));
  mkdirSync(cwd);
  const run = await runReg(box, { cwd, env }, 'load', 'cost@v1.0.0', '--repo', registry.dir, '--json');
  expect(JSON.parse(run.stdout)).toMatchObject({
    version: 'v1.0.0',
    sha256: sha256(MODEL),
    size: MODEL.length,
  });
  expect(readdirSync(cwd)).toHaveLength(1);
});

test('what needs the program says so in one line', async () => {
  const reg = regIn(box, registry.dir, { PATH: nowhere });
  const runs = [
    await reg('register', 'churn', '--version', 'v9.0.0'),
    await reg('assign', 'churn@v1.0.0', 'dev', '--json'),
    await reg('which', 'churn', 'prod', '--repo', `file://${registry.dir}`),
    await reg('show', '--repo', 'git@example.com:models/registry.git'),
    await reg('load', 'churn', '--rev', 'main@{1}', '-o', '-'),
  ];
  expect(transcript(...runs)).toMatchInlineSnapshot(`
    "$ reg register churn --version v9.0.0
    -- stderr --
    error: writing to a registry needs the git program, and reg runs without it here
    hint: install git 2.34 or newer, see that it is on PATH, and leave REG_GIT unset
    -- exit 1 --

    $ reg assign churn@v1.0.0 dev --json
    -- stderr --
    {
      "error": {
        "code": "GIT_MISSING",
        "message": "writing to a registry needs the git program, and reg runs without it here",
        "hint": "install git 2.34 or newer, see that it is on PATH, and leave REG_GIT unset"
      }
    }
    -- exit 1 --

    $ reg which churn prod --repo file://<tmp>/registry
    -- stderr --
    error: a repository at a file:// address needs the git program, and reg runs without it here
    hint: install git 2.34 or newer, see that it is on PATH, and leave REG_GIT unset
    -- exit 1 --

    $ reg show --repo git@example.com:models/registry.git
    -- stderr --
    error: a repository at an ssh address needs the git program, and reg runs without it here
    hint: install git 2.34 or newer, see that it is on PATH, and leave REG_GIT unset
    -- exit 1 --

    $ reg load churn --rev 'main@{1}' -o -
    -- stderr --
    error: 'main@{1}' is a rev that only the git program understands, and reg runs without it here
    hint: give a branch, a tag or a commit id; or install git and see that it is on PATH
    -- exit 1 --
    "
  `);
});

test('REG_GIT=git insists on the program, and no other word is taken', async () => {
  const runs = [
    await regIn(box, registry.dir, { PATH: nowhere, REG_GIT: 'git' })('which', 'churn', 'prod'),
    await regIn(box, registry.dir, { REG_GIT: 'js' })('which', 'churn', 'prod'),
  ];
  expect(transcript(...runs)).toMatchInlineSnapshot(`
    "$ reg which churn prod
    -- stderr --
    error: the git program was not found
    hint: install git 2.34 or newer and see that it is on PATH
    -- exit 1 --

    $ reg which churn prod
    -- stderr --
    error: REG_GIT is 'js'
    hint: set it to 'git' or 'embedded', or not at all
    -- exit 2 --
    "
  `);
});

test('a login in the address is sent and shown nowhere', async () => {
  const locked = await serveHttp(box, { login: 'ann:s3cret' });
  const reg = regIn(box, nowhere, { REG_GIT: 'embedded' });
  const at = (login: string) => `${locked.url.replace('://', `://${login}@`)}/bare.git`;
  const good = await reg('which', 'churn', 'prod', '--repo', at('ann:s3cret'), '--json');
  const bad = await reg('which', 'churn', 'prod', '--repo', at('ann:s3cret-no'));
  await locked.close();
  expect(good).toMatchObject({ stderr: '', code: 0 });
  expect(bad).toMatchObject({ stdout: '', code: 4 });
  expect(bad.stderr).toMatch(
    /^error: cannot reach http:\/\/127\.0\.0\.1:\d+\/bare\.git: .*401.*\nhint: .*\n$/,
  );
  expect(good.stdout + bad.stderr).not.toContain('s3cret');
  const kept = readdirSync(join(box.root, 'home/.cache/reg'), { recursive: true, encoding: 'utf8' });
  expect(kept.join('\n')).not.toContain('s3cret');
});

test('fetched models are kept, and a deleted cache is filled again', async () => {
  const url = `${server.url}/bare.git`;
  const reg = regIn(box, nowhere, { REG_GIT: 'embedded', XDG_CACHE_HOME: join(box.root, 'cache') });
  const ask = async () => {
    const before = server.requests.length;
    const { stdout } = await reg('which', 'churn', 'prod', '--repo', url);
    return [stdout, server.requests.length - before];
  };
  // for the tags, and for the configuration at HEAD
  expect([await ask(), await ask()]).toEqual([
    ['v1.0.0\n', 6],
    ['v1.0.0\n', 3],
  ]);
  rmSync(join(box.root, 'cache'), { recursive: true });
  expect(await ask()).toEqual(['v1.0.0\n', 6]);
});
