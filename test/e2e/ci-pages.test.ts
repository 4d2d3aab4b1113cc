import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { regIn } from '../support/cli-here.js';
import { type Env, sandbox } from '../support/repo.js';
import { type Checkout, type Ci, checkOut, readDotenv } from '../support/runners.js';
import { person } from '../support/signers.js';
import { sha256, withRemote } from './registry.js';

// The pipelines of docs/ci.md, played from the document as each CI plays them, in what it checks out. It shows that their scripts and the
// outputs between them are right, and nothing of the CI itself.

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string): string => readFileSync(join(PROJECT, path), 'utf8');
const DOCS = read('docs/ci.md');
const blocks = (language: string): string[] =>
  [...DOCS.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(
    ([, text = '']) => text,
  );
/** GitLab's tag for a part of another job. */
const REFERENCE = {
  tag: '!reference',
  collection: 'seq',
  resolve: (seq: { toJSON(): unknown }) => ({ reference: seq.toJSON() }),
} as never;
const PIPELINES = blocks('yaml').map(
  (text) => parse(text, { customTags: [REFERENCE] }) as Record<string, never>,
);
const pipeline = <T>(is: (one: Record<string, never>) => boolean): T => PIPELINES.find(is) as T;

const PROGRAM = join(PROJECT, 'dist/reg.cjs');
const REG_CJS = `file://${PROGRAM}`;
const REG_CJS_SHA256 = sha256(readFileSync(PROGRAM));

const box = sandbox();
const { registry, remote } = withRemote(box, 'registry');
writeFileSync(join(registry.dir, 'deploy.sh'), '#!/bin/sh\ncp "$1" deployed\n');
chmodSync(join(registry.dir, 'deploy.sh'), 0o755);
remote.git('config', 'uploadpack.allowAnySHA1InWant', 'true');
for (const [index, model] of ['old', 'new'].entries()) {
  box.advance(60);
  registry.commit({ 'model.bin': model });
  registry.git('push', '--quiet', 'origin', 'HEAD:main');
  for (const line of ['register churn --push', `assign churn@v0.0.${index + 1} prod --push`])
    await regIn(box, registry.dir)(...line.split(' '));
}

let count = 0;
/** A checkout of a job that a tag started, without `reg` on the PATH. */
function jobOf(ci: Ci, tag?: string): Checkout {
  count += 1;
  cpSync(remote.dir, join(box.root, `hub-${count}.git`), { recursive: true });
  const url = `file://${box.root}/hub-${count}.git`;
  const { dir, env } = checkOut(box, `job-${count}`, { ci, url, tag });
  return { dir, env: { ...env, PATH: box.env.PATH ?? '', REG_CJS, REG_CJS_SHA256 } };
}

/** Runs a script as runners do; gives what it printed. */
function bash(script: string, { dir, env }: Checkout): string {
  const run = spawnSync('bash', ['-e', '-o', 'pipefail', '-c', script], { cwd: dir, env, encoding: 'utf8' });
  expect([run.status, run.stderr], script).toEqual([0, run.stderr]);
  return run.stdout;
}

/** What was deployed; undefined where nothing was. */
function deployed({ dir }: Checkout): string | undefined {
  const path = join(dir, 'deployed');
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

// the newest event deploys its version, and a late run of an older one deploys nothing
const RUNS = [
  ['churn#prod#2', 'new'],
  ['churn#prod#1', undefined],
] as const;

interface Step {
  id?: string;
  if?: string;
  uses?: string;
  run?: string;
  with?: Record<string, unknown>;
  env?: Record<string, string>;
}
const ACTION = parse(read('action.yml')) as { inputs: Record<string, { default: string }> };

/** Plays the steps of a workflow of GitHub, where actions of others do nothing; gives the outputs of the steps, by their ids. */
function github(
  steps: readonly Step[],
  job: Checkout,
  given: Record<string, string>,
): Record<string, Record<string, string>> {
  const files = Object.fromEntries(
    ['OUTPUT', 'PATH', 'STEP_SUMMARY'].map((name) => [`GITHUB_${name}`, join(box.root, `${name}-${count}`)]),
  );
  const outputs: Record<string, Record<string, string>> = {};
  const filled = (text: unknown): string =>
    String(text).replaceAll(/\$\{\{ (.*?) \}\}/g, (_, name: string) => {
      const [, id = '', output = ''] = /^steps\.(\w+)\.outputs\.(\w+)$/.exec(name) ?? [];
      const value = outputs[id]?.[output] ?? given[name];
      if (value === undefined) throw new Error(`there is no ${name}`);
      return value;
    });
  for (const step of steps) {
    for (const path of Object.values(files)) appendFileSync(path, '');
    writeFileSync(files.GITHUB_OUTPUT ?? '', '');
    const paths = readFileSync(files.GITHUB_PATH ?? '', 'utf8')
      .split('\n')
      .filter(Boolean);
    const env: Env = { ...job.env, ...files, RUNNER_TEMP: box.root, GITHUB_ACTOR: 'ann' };
    env.PATH = [...paths.reverse(), env.PATH].join(':');
    const [, id = '', name = '', wanted] =
      /^steps\.(\w+)\.outputs\.(\w+) == '(.*)'$/.exec(step.if ?? '') ?? [];
    if (wanted !== undefined && outputs[id]?.[name] !== wanted) continue;
    if (step.run !== undefined) {
      const own = Object.entries(step.env ?? {}).map(([key, value]) => [key, filled(value)]);
      bash(step.run, { ...job, env: { ...env, ...Object.fromEntries(own) } });
    } else if (step.uses?.startsWith('mycompany/reg@')) {
      const all = Object.entries(ACTION.inputs).map(([key, { default: value }]) => [
        `INPUT_${key.toUpperCase()}`,
        filled(step.with?.[key] ?? value),
      ]);
      bash(`'${process.execPath}' '${join(PROJECT, 'action/main.cjs')}'`, {
        ...job,
        env: { ...env, ...Object.fromEntries(all) },
      });
    }
    if (step.id) outputs[step.id] = outputsIn(readFileSync(files.GITHUB_OUTPUT ?? '', 'utf8'));
  }
  return outputs;
}

const outputsIn = (text: string): Record<string, string> =>
  Object.fromEntries(
    [...text.matchAll(/^(\w+)<<(.*)\n([\s\S]*?)\n\2$/gm)].map(([, name, , value]) => [name, value]),
  );

interface Workflow {
  jobs: Record<string, { steps: Step[] }>;
}

test.each(RUNS)('GitHub deploys for %s: %s', (tag, expected) => {
  const { jobs } = pipeline<Workflow>(({ name }) => name === 'Deploy');
  const job = jobOf('GitHub', tag);
  github(jobs.deploy?.steps ?? [], job, { 'github.ref': `refs/tags/${tag}` });
  expect(deployed(job)).toBe(expected);
});

test('GitHub promotes by hand', () => {
  const { jobs } = pipeline<Workflow>(({ name }) => name === 'Promote');
  const job = jobOf('GitHub');
  const given = { 'inputs.version': 'v0.0.1', 'github.ref': 'refs/heads/main' };
  expect(github(jobs.promote?.steps ?? [], job, given).reg).toMatchObject({
    tag: 'churn#prod#3',
    previous: 'v0.0.2',
    pushed: 'yes',
  });
});

/** What `fetch-depth: 0` leaves. */
function fetchAll({ dir, env }: Checkout): void {
  const refs = ['+refs/heads/*:refs/remotes/origin/*', '+refs/tags/*:refs/tags/*'];
  spawnSync('git', ['fetch', '--quiet', '--unshallow', 'origin', ...refs], { cwd: dir, env });
}

person(box, 'ann');
const EVENT = {
  'github.ref': 'refs/heads/main',
  'github.base_ref': 'main',
  'github.event.number': '7',
  'github.token': 'a token',
  'secrets.REG_SIGNING_KEY': readFileSync(join(box.root, 'key-ann'), 'utf8'),
};
type Steps = { steps: Step[] };
function stepsOf(text: string): Step[] {
  const parsed = parse(text) as Step[] | { compare: Steps } | { jobs: Record<string, Steps> };
  if (Array.isArray(parsed)) return parsed;
  return 'compare' in parsed
    ? parsed.compare.steps
    : Object.values(parsed.jobs).flatMap(({ steps }) => steps);
}
const block = (text: string): Step[] => stepsOf(blocks('yaml').find((one) => one.includes(text)) ?? '');

test.each(['name: Registry', 'name: Audit'])('GitHub checks: %s', (name) => {
  const job = jobOf('GitHub');
  fetchAll(job);
  github(block(name), job, EVENT);
});

test('GitHub gets SARIF beside annotations', () => {
  const job = jobOf('GitHub');
  github(block('sarif: reg.sarif'), job, EVENT);
  expect(JSON.parse(readFileSync(join(job.dir, 'reg.sarif'), 'utf8'))).toMatchObject({ version: '2.1.0' });
});

test('GitHub signs what a job registers', () => {
  const job = jobOf('GitHub');
  writeFileSync(join(job.dir, 'model.bin'), 'newer');
  bash('git commit -qam Train', job);
  github(block('REG_SIGNING_KEY'), job, EVENT);
  expect(bash('git cat-file tag churn@v0.0.3', job)).toContain('BEGIN SSH SIGNATURE');
});

test('GitHub shows a difference in one comment, which the next run replaces', () => {
  const job = jobOf('GitHub');
  fetchAll(job);
  const bin = join(box.root, 'gh-bin');
  mkdirSync(bin);
  // the program of GitHub: it lists the comment that it made before
  writeFileSync(
    join(bin, 'gh'),
    `#!/bin/sh\ncase "$*" in *--jq*) test ! -e "$HOME/made" || echo 11 ;; *) echo "$@" >> "$HOME/calls"; touch "$HOME/made" ;; esac\n`,
    { mode: 0o755 },
  );
  Object.assign(job.env, { PATH: `${bin}:${job.env.PATH}`, GITHUB_REPOSITORY: 'o/r' });
  writeFileSync(join(job.dir, 'model.bin'), 'newer');
  bash('git commit -qam Train', job);
  for (const _ of [1, 2]) github(block('startswith("<!-- reg diff'), job, EVENT);
  expect(readFileSync(join(job.env.HOME ?? '', 'calls'), 'utf8').split('\n')).toEqual([
    'api repos/o/r/issues/7/comments -F body=@comment.md',
    'api -X PATCH repos/o/r/issues/comments/11 -F body=@comment.md',
    '',
  ]);
  expect(readFileSync(join(job.dir, 'comment.md'), 'utf8')).toMatch(/^<!-- reg diff #prod -->/);
});

test('a question from anywhere has a token for its host', () => {
  const [line = ''] = blocks('sh').filter((text) => text.includes('REG_TOKEN_GITHUB_COM='));
  const { env } = jobOf('Jenkins');
  const instead = {
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_VALUE_0: 'https://github.com/mycompany/model-registry',
  };
  const PATH = `${join(box.root, 'bin')}:${env.PATH}`;
  const key = { GIT_CONFIG_KEY_0: `url.${`file://${remote.dir}`}.insteadOf` };
  expect(bash(line, { dir: box.root, env: { ...env, ...instead, ...key, PATH, TOKEN: 't' } })).toBe(
    'v0.0.2\n',
  );
});

interface GitlabJob {
  extends?: string;
  script?: string[];
  before_script?: (string | { reference: string[] })[];
  variables?: Record<string, string>;
}
type Gitlab = Record<string, GitlabJob> & { include: { inputs: Record<string, string> }[] };

/** A job over another one: mappings are merged, and lists replaced (GitLab, "Merge details" of `extends`). */
const merged = (below: GitlabJob = {}, job: GitlabJob = {}): GitlabJob => ({
  ...below,
  ...job,
  variables: { ...below.variables, ...job.variables },
});

/** The jobs of a pipeline of GitLab, with those of the component that it includes. */
function gitlabJobs(
  { include, ...own } = pipeline<Gitlab>((one) => 'include' in one),
): Record<string, GitlabJob> {
  const jobs: Record<string, GitlabJob> = {};
  for (const { inputs } of include) {
    const [head, body] = parseAllDocuments(read('templates/reg.yml'));
    const { spec } = (head?.toJSON() ?? {}) as {
      spec: { inputs: Record<string, { default?: string; options?: string[] }> };
    };
    for (const name of Object.keys(inputs)) expect(Object.keys(spec.inputs)).toContain(name);
    expect(spec.inputs.answer?.options).toContain(inputs.answer ?? spec.inputs.answer?.default);
    const filled = JSON.stringify(body?.toJSON()).replaceAll(
      /\$\[\[ inputs\.(\w+) \]\]/g,
      (_, name: string) => JSON.stringify(inputs[name] ?? spec.inputs[name]?.default).slice(1, -1),
    );
    Object.assign(jobs, JSON.parse(filled));
  }
  for (const [name, job] of Object.entries(own)) jobs[name] = merged(jobs[name], job);
  return Object.fromEntries(
    Object.entries(jobs).map(([name, job]) => [name, merged(jobs[job.extends ?? ''], job)]),
  );
}

/** Runs a job of GitLab: `before_script` and `script` are one script. */
function gitlab(job: GitlabJob, checkout: Checkout): void {
  const before = (job.before_script ?? []).flatMap((line) =>
    typeof line === 'string' ? [line] : (gitlabJobs()[line.reference[0] ?? '']?.before_script ?? []),
  );
  const variables = Object.entries(job.variables ?? {}).map(([name, value]) => [
    name,
    value.replace(/^\$(\w+)$/, (_, other: string) => checkout.env[other] ?? ''),
  ]);
  const env = { ...checkout.env, ...Object.fromEntries(variables) };
  bash([...before, ...(job.script ?? [])].join('\n'), { ...checkout, env });
}

test.each(RUNS)('GitLab deploys for %s: %s', (tag, expected) => {
  const { event, deploy } = gitlabJobs();
  const first = jobOf('GitLab', tag);
  gitlab(event ?? {}, first);
  const second = jobOf('GitLab', tag);
  Object.assign(second.env, readDotenv(readFileSync(join(first.dir, 'reg.env'), 'utf8')));
  gitlab(deploy ?? {}, second);
  expect(deployed(second)).toBe(expected);
});

test('GitLab checks a merge request, and runs no program of other bytes', () => {
  const { links } = gitlabJobs();
  const job = jobOf('GitLab');
  // GIT_DEPTH
  spawnSync('git', ['fetch', '--quiet', '--unshallow'], { cwd: job.dir, env: job.env });
  job.env.CI_MERGE_REQUEST_TARGET_BRANCH_NAME = 'main';
  gitlab(links ?? {}, job);
  expect(readFileSync(join(job.dir, 'reg.xml'), 'utf8')).toContain('<testsuite');
  job.env.REG_CJS_SHA256 = sha256('another program');
  expect(() => gitlab(links ?? {}, job)).toThrow();
});

test('GitLab publishes the page', () => {
  const [, text = ''] = /^```yaml\n(include:[\s\S]*?)^```$/m.exec(read('docs/site.md')) ?? [];
  const job = jobOf('GitLab');
  fetchAll(job);
  gitlab(gitlabJobs(parse(text) as Gitlab).pages ?? {}, job);
  expect(existsSync(join(job.dir, 'public/index.html'))).toBe(true);
});

test.each(RUNS)('Jenkins deploys for %s: %s', (tag, expected) => {
  const [jenkinsfile = ''] = blocks('groovy');
  const job = jobOf('Jenkins', tag);
  // shell in single quotes, in the order of the steps; the rest is what the condition guards
  const [before = '', guarded = ''] = jenkinsfile.split("if (env.MODEL_CURRENT == 'yes')");
  const shells = (text: string): string[] =>
    [...text.matchAll(/^ *sh '(.*)'$/gm)].map(([, script = '']) => script);
  expect([shells(before).length, shells(guarded).length]).toEqual([3, 3]);
  for (const script of shells(before)) bash(script, job);
  Object.assign(job.env, readDotenv(readFileSync(join(job.dir, 'reg.env'), 'utf8')));
  // an earlier build left a model
  writeFileSync(join(job.dir, 'model.bin'), 'an older one');
  if (job.env.MODEL_CURRENT === 'yes') for (const script of shells(guarded)) bash(script, job);
  expect(deployed(job)).toBe(expected);
});

test.each(RUNS)('Azure deploys for %s: %s', (tag, expected) => {
  const { steps } = pipeline<{
    steps: { bash?: string; name?: string; condition?: string; env?: Record<string, string> }[];
  }>((one) => 'pool' in one);
  const job = jobOf('Azure', tag);
  job.env.AGENT_TEMPDIRECTORY = job.env.HOME ?? '';
  const variables: Record<string, string> = {};
  for (const { bash: script, name, condition = '', env = {} } of steps) {
    const [, variable = '', wanted] = /eq\(variables\['(.*?)'\], '(.*?)'\)/.exec(condition) ?? [];
    if (script === undefined || (wanted !== undefined && variables[variable] !== wanted)) continue;
    const own = Object.entries(env).map(([key, value]) => [
      key,
      value.replaceAll(/\$\((.*?)\)/g, (_, macro: string) => variables[macro] ?? ''),
    ]);
    const printed = bash(script, { ...job, env: { ...job.env, ...Object.fromEntries(own) } });
    for (const [, key, value = ''] of printed.matchAll(
      /^##vso\[task\.setvariable variable=(\w+);isOutput=true\](.*)$/gm,
    ))
      variables[`${name}.${key}`] = value;
  }
  expect(variables['reg.name']).toBe('churn');
  expect(deployed(job)).toBe(expected);
});
