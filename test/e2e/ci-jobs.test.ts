import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { regIn } from '../support/cli-here.js';
import { type Repository, sandbox } from '../support/repo.js';
import { type Checkout, type Ci, checkOut, readDotenv } from '../support/runners.js';
import { sha256, withRemote } from './registry.js';

// Every line of docs/ci.md that does a job, run as it is there in what runners check out.

const DOCS = readFileSync(new URL('../../docs/ci.md', import.meta.url), 'utf8');
const [, SECTION = ''] = /^## A line for each job\n([\s\S]*?)^## /m.exec(DOCS) ?? [];
/** The lines, by the comments above them. */
const LINES = new Map(
  [...SECTION.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, block = '']) =>
    block
      .trim()
      .split('\n\n')
      .map((pair): [string, string] => {
        const [comment = '', ...lines] = pair.split('\n');
        return [comment.replace(/^# /, ''), lines.join('\n')];
      }),
  ),
);

const box = sandbox();
const store = join(box.root, 'store');
mkdirSync(store);
writeFileSync(join(store, 'fraud.bin'), 'x');
const MODELS = ['one', 'two', 'three'].map((word) => `weights, trained ${word}`);
const { registry, remote } = withRemote(box, 'registry');
const research = box.repository('research');
research.commit({ 'model.bin': 'theirs' });
await (async () => {
  const reg = regIn(box, registry.dir);
  const done = async (line: string): Promise<void> => {
    box.advance(60);
    const { code, stderr } = await reg(...line.split(' '));
    if (code !== 0) throw new Error(`${line}: ${stderr}`);
  };
  const train = (model: string | undefined, auc: number): void => {
    const link = `source: {path: model.bin}\ntype: model\nmetrics:\n  auc: ${auc}\n`;
    registry.commit({ 'model.bin': model ?? '', 'churn.model.yaml': link });
    registry.git('push', '--quiet', 'origin', 'HEAD:main');
  };
  const metrics = 'metrics: {auc: {better: higher, noWorseThan: prod, artifacts: [churn]}}\n';
  registry.commit({
    '.reg.yaml': `stages: [dev, prod]\nsources: {allow: ['file://${store}']}\n${metrics}policy: {prod: {by: [ann@example.com]}}\n`,
  });
  await done(`link model.bin theirs --source file://${research.dir} --rev main`);
  train(MODELS[0], 0.8);
  await done('register churn --push');
  await done('assign churn@v0.0.1 prod --push');
  registry.commit({
    'fraud.model.yaml': `source: {url: 'file://${store}/fraud.bin'}\nsha256: ${sha256('x')}\n`,
  });
  registry.git('push', '--quiet', 'origin', 'HEAD:main');
  await done('register fraud --push');
  await done('assign fraud@v0.0.1 prod --push');
  train(MODELS[1], 0.9);
  await done('register churn --push');
  await done('assign churn@v0.0.2 prod --push');
  train(MODELS[2], 0.95);
  research.commit({ 'model.bin': 'theirs, better' });
})();

/** One run of a line. */
interface Played extends Checkout {
  stdout: string;
  stderr: string;
  hub: Repository;
  /** The text of a file that the line wrote. */
  file: (name: string) => string;
}

interface Expected {
  /** The tag that started the job; without one it is a job of the branch. */
  tag?: string;
  /** In which checkouts; every line has two at least. */
  cis?: readonly Ci[];
  /** Variables of the job. */
  env?: Record<string, string>;
  /** Whether the outputs of the first line are there. */
  hasOutputs?: boolean;
  before?: (job: Checkout, hub: Repository) => void;
  after: (played: Played) => void;
}

const CIS: readonly Ci[] = ['GitHub', 'GitLab', 'Jenkins', 'Azure'];
const NEWEST = 'churn#prod#2';

const JOBS: Readonly<Record<string, Expected>> = {
  'which event is it? its outputs decide about the next jobs': {
    tag: NEWEST,
    cis: CIS,
    after: ({ file }) =>
      expect(readDotenv(file('reg.env'))).toMatchObject({
        MODEL_EVENT: 'assignment',
        MODEL_VERSION: 'v0.0.2',
        MODEL_PREVIOUS: 'v0.0.1',
        MODEL_CURRENT: 'yes',
      }),
  },
  'which event is it, on Azure': {
    tag: NEWEST,
    cis: ['Azure', 'GitHub'],
    after: ({ stdout }) => expect(stdout).toContain('variable=version;isOutput=true]v0.0.2\n'),
  },
  'deploy what came into a stage, where the policy accepts it and nothing newer came since': {
    tag: NEWEST,
    cis: CIS,
    hasOutputs: true,
    after: ({ file }) => expect(file('model.bin')).toBe(MODELS[1]),
  },
  'deploy what is in prod now, also where the work tree is used again and holds an older model': {
    tag: 'churn#prod#1',
    cis: ['GitLab', 'Jenkins'],
    before: ({ dir }) => writeFileSync(join(dir, 'model.bin'), 'an older one'),
    after: ({ file }) => expect(file('model.bin')).toBe(MODELS[1]),
  },
  'release notes of a version: what differs from the one below it, where there is one': {
    tag: 'churn@v0.0.2',
    hasOutputs: true,
    after: ({ dir }) => expect(notesIn(dir)).toMatch(/auc.*0[^ ]*8.*0[^ ]*9/),
  },
  'in a container, where the checkout belongs to another user': {
    tag: NEWEST,
    env: { GIT_TEST_ASSUME_DIFFERENT_OWNER: '1' },
    // git asks the same of the folder that stands for the server
    before: ({ env: { HOME } }, { dir }) =>
      writeFileSync(join(HOME ?? '', '.gitconfig'), `[safe]\n\tdirectory = ${dir}\n`),
    after: ({ stdout }) => expect(stdout).toMatch(/assignment\tv0\.0\.2\tprod\t/),
  },
  'register what was merged; the same bytes again get no second version': {
    after: ({ file, hub }) => {
      expect(readDotenv(file('reg.env'))).toMatchObject({ MODEL_VERSION: 'v0.0.3', MODEL_PUSHED: 'yes' });
      expect(hub.tags()).toContain('churn@v0.0.3');
    },
  },
  'commit and register what was trained in the registry itself': {
    before: ({ dir }) => writeFileSync(join(dir, 'model.bin'), 'trained in this job'),
    after: ({ stdout, hub }) => {
      expect(stdout).toBe('churn@v0.0.3\n');
      expect(hub.git('show', 'main:model.bin')).toBe('trained in this job');
    },
  },
  'upload what was trained elsewhere, and put it into dev': {
    env: { STORE: store },
    before: ({ dir }) => {
      mkdirSync(join(dir, 'out'));
      writeFileSync(join(dir, 'out/model.bin'), 'trained elsewhere');
    },
    after: ({ hub }) => {
      expect(hub.tags()).toEqual(expect.arrayContaining(['churn@v0.0.3', 'churn#dev#3']));
      const key = sha256('trained elsewhere');
      expect(existsSync(join(store, key.slice(0, 2), key.slice(2), 'model.bin'))).toBe(true);
    },
  },
  'promote by hand': {
    env: { VERSION: 'v0.0.1', REASON: 'slow; "too" $(slow)' },
    after: ({ hub }) => expect(messageOf(hub, 'churn#prod#3')).toContain('slow; "too" $(slow)'),
  },
  'promote if metrics allow it': {
    after: ({ hub }) => expect(hub.tags()).toEqual(expect.arrayContaining(['churn@v0.0.3', 'churn#prod#3'])),
  },
  'roll back': {
    env: { REASON: 'v0.0.2 is slow' },
    after: ({ hub }) =>
      expect(messageOf(hub, 'churn#prod#3')).toMatch(/v0\.0\.2 is slow[\s\S]*Reg-Version: v0\.0\.1/),
  },
  'say on a pull request how the model compares with the one in prod': {
    after: ({ dir }) => expect(notesIn(dir)).toMatch(/auc.*0[^ ]*9.*0[^ ]*95/),
  },
  'check what is about to be committed, as a hook of git': {
    env: { CI: '' },
    before: ({ dir, env }) => {
      writeFileSync(join(dir, 'churn.model.yaml'), 'source: {path: model.bin}\nmetrics: {auc: 0.99}\n');
      spawnSync('git', ['add', '.'], { cwd: dir, env });
      writeFileSync(join(dir, 'churn.model.yaml'), 'what is not added does not count: [');
    },
    after: ({ stdout }) => expect(stdout).not.toContain('error'),
  },
  'follow the sources of links with a branch for a pull request': {
    after: ({ hub }) => {
      const head = research.git('rev-parse', 'HEAD');
      expect(hub.git('show', 'follow-sources:theirs.model.yaml')).toContain(head);
    },
  },
  'audit all tags': { after: ({ stderr }) => expect(stderr).toContain('hold the same events') },
  'which version is in prod': { after: ({ stdout }) => expect(stdout).toBe('v0.0.2\n') },
  'bake the model in prod into an image': {
    before: ({ dir }) => spawnSync('rm', [join(dir, 'model.bin')]),
    after: ({ file }) => expect(file('model.bin')).toBe(MODELS[1]),
  },
  'one job for each model in prod: a matrix in JSON on one line': {
    after: ({ stdout }) =>
      expect(stdout).toBe(
        '[{"artifact":"churn","version":"v0.0.2"},{"artifact":"fraud","version":"v0.0.1"}]\n',
      ),
  },
  'write the address of the model in prod into a manifest': {
    before: ({ dir }) => writeFileSync(join(dir, 'service.yaml'), 'model:\n  storageUri: s3://models/old\n'),
    after: ({ file }) =>
      expect(file('service.yaml')).toBe(`model:\n  storageUri: file://${store}/fraud.bin\n`),
  },
};

const messageOf = (hub: Repository, tag: string): string => hub.git('cat-file', 'tag', tag);
const notesIn = (dir: string): string =>
  ['notes.md', 'comment.md']
    .map((name) => join(dir, name))
    .filter((path) => existsSync(path))
    .map((path) => readFileSync(path, 'utf8'))
    .join('');

test('each line has its test here', () => {
  expect([...LINES.keys()].sort()).toEqual(Object.keys(JOBS).sort());
  expect(LINES.size).toBe(20);
});

let count = 0;
/** Runs shell in a checkout; fails where the shell does. */
function shell(line: string, { dir, env }: Checkout): { stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync('sh', ['-ec', line], { cwd: dir, env, encoding: 'utf8' });
  expect([status, stdout, stderr], line).toEqual([0, stdout, stderr]);
  return { stdout, stderr };
}

describe.each([...LINES])('%s', (what, line) => {
  const [first = ''] = LINES.values();
  const { tag, env = {}, hasOutputs, before, after, ...job } = JOBS[what] ?? { after: () => undefined };
  const turn = [...LINES.keys()].indexOf(what);
  const two = [CIS[turn % 4], CIS[(turn + 1) % 4]].filter((ci) => ci !== undefined);
  test.each(job.cis ?? two)('in what %s checks out', (ci) => {
    count += 1;
    cpSync(remote.dir, join(box.root, `hub-${count}.git`), { recursive: true });
    const hub = box.at(`hub-${count}.git`);
    hub.git('config', 'uploadpack.allowAnySHA1InWant', 'true');
    const url = `file://${hub.dir}`;
    const checkout = checkOut(box, `job-${count}`, { ci, url, tag });
    if (hasOutputs) {
      shell(first, checkout);
      Object.assign(checkout.env, readDotenv(readFileSync(join(checkout.dir, 'reg.env'), 'utf8')));
    }
    Object.assign(checkout.env, { REGISTRY: url, ...env });
    before?.(checkout, hub);
    box.advance(60);
    Object.assign(checkout.env, {
      GIT_COMMITTER_DATE: box.env.GIT_COMMITTER_DATE ?? '',
      GIT_AUTHOR_DATE: box.env.GIT_AUTHOR_DATE ?? '',
    });
    const run = shell(line, checkout);
    const file = (name: string): string => readFileSync(join(checkout.dir, name), 'utf8');
    after({ ...checkout, ...run, hub, file });
  });
});
