import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { regIn } from './cli-here.js';
import type { Env, Repository, Sandbox } from './repo.js';

/** A registry at its remote, which every kind of clone comes from. */
export interface Origin {
  box: Sandbox;
  /** The bare repository. */
  remote: Repository;
  /** Its `file:` URL: git would copy a path as it is, without depth and filter. */
  url: string;
}

/** Makes a registry with two artifacts, three versions and seven events, one an hour, and a bare remote that has all of it. */
export async function makeOrigin(box: Sandbox, name: string, ...init: string[]): Promise<Origin> {
  const work = box.repository(`${name}-work`, ...init);
  const remote = box.repository(`${name}.git`, '--bare', ...init);
  for (const key of ['allowFilter', 'allowAnySHA1InWant']) remote.git('config', `uploadpack.${key}`, 'true');
  work.git('remote', 'add', 'origin', remote.dir);
  const reg = regIn(box, work.dir);
  const tell = async (files: Record<string, string>, ...commands: string[]): Promise<void> => {
    box.advance(3600);
    work.commit(files);
    work.git('push', '--quiet', 'origin', 'main');
    for (const command of commands) {
      box.advance(3600);
      const { code, stderr } = await reg(...command.split(' '), '--push');
      if (code !== 0) throw new Error(stderr);
    }
  };
  await tell(
    {
      '.reg.yaml':
        'stages: [dev, prod, live]\npolicy: {prod: {after: dev}, live: {after: prod, approvals: 1}}\n',
      '.gitattributes': '*.bin -text\n',
      'README.md': 'A registry.\n',
      'churn.model.yaml': 'description: Who leaves\nsource: {path: data/churn.bin}\n',
      'data/churn.bin': 'a model',
      'models/fraud.model.yaml': 'source: {path: models/fraud.bin}\n',
      'models/fraud.bin': 'another model',
    },
    'register churn',
    'assign churn@v0.0.1 dev',
    'assign churn@v0.0.1 prod',
    'register models:fraud',
  );
  await tell({ 'README.md': 'A registry of models.\n' });
  await tell(
    { 'data/churn.bin': 'a better model' },
    'register churn',
    'assign churn@v0.0.2 dev',
    'assign churn@v0.0.2 prod',
  );
  return { box, remote, url: `file://${remote.dir}` };
}

/** The tag of the newest event of that registry, at the last commit. */
export const NEWEST = 'churn#prod#4';

/** One way in which people and runners come by a repository. */
export interface Clone {
  name: string;
  /** Makes it in a new folder, and gives the folder to stand in; undefined where this git cannot. */
  make: (origin: Origin, dir: string) => string | undefined | Promise<string | undefined>;
  env?: Env;
  /** What a message says where an answer differs from that of a plain clone. Without it none may differ. */
  says?: RegExp;
  /** The same where git is not used. */
  withoutGit?: RegExp;
}

/** Without git nothing is known of the index and of line ends: a file that is not as it is at HEAD counts as edited. */
const EDITED = /not committed as/;

const git =
  ({ box: { env } }: Origin, cwd: string, more: Env = {}) =>
  (...args: string[]): string =>
    execFileSync('git', args, { cwd, env: { ...env, ...more }, encoding: 'utf8', stdio: 'pipe' });

/** Clones as git-clone(1) does it. */
const cloned =
  (...options: string[]) =>
  (origin: Origin, dir: string): string => {
    git(origin, origin.box.root)('clone', '--quiet', ...options, origin.url, dir);
    return dir;
  };

/** Clones, and runs git in the clone. */
const then =
  (options: readonly string[], ...commands: string[][]) =>
  (origin: Origin, dir: string): string => {
    cloned(...options)(origin, dir);
    for (const command of commands) git(origin, dir)(...command);
    return dir;
  };

/** Makes an empty repository with a remote, as runners do, and runs git in it. */
const fetched =
  (...commands: string[][]) =>
  (origin: Origin, dir: string): string => {
    const run = git(origin, origin.box.root);
    run('init', '--quiet', '--initial-branch=main', dir);
    for (const command of [['remote', 'add', 'origin', origin.url], ...commands])
      git(origin, dir)(...command);
    return dir;
  };

const tagRefspec = (tag: string): string => `+refs/tags/${tag}:refs/tags/${tag}`;
const BRANCH = '+refs/heads/main:refs/remotes/origin/main';

/** Tags are missing, or may be. */
const TAGS = /reg sync|--fetch|approvals are not shown/;
/** Tags are missing, or the commits between. */
const HISTORY = /reg sync|--fetch|shallow|history is not here|approvals are not shown/;
const BARE = /this repository is bare|approvals are not shown/;

/** The clones that people have, and what runners of CI leave. */
export const CLONES: readonly Clone[] = [
  { name: 'clone -o company', make: cloned('--origin', 'company') },
  {
    name: 'two remotes',
    make: (origin, dir) => {
      cloned()(origin, dir);
      git(origin, dir)('remote', 'add', 'backup', join(origin.box.root, 'nowhere.git'));
      return dir;
    },
  },
  {
    name: 'a fork without tags, and its upstream',
    make: (origin, dir) => {
      const run = git(origin, origin.box.root);
      run('clone', '--quiet', '--bare', '--no-tags', origin.url, `${dir}-fork.git`);
      run('clone', '--quiet', `file://${dir}-fork.git`, dir);
      git(origin, dir)('remote', 'add', 'upstream', origin.url);
      git(origin, dir)('fetch', '--quiet', '--tags', 'upstream');
      git(origin, dir)('config', 'reg.remote', 'upstream');
      return dir;
    },
  },
  { name: 'a mirror', make: cloned('--mirror'), says: /this repository is bare/ },
  { name: 'a bare clone', make: cloned('--bare'), says: BARE },
  { name: 'a sparse checkout', make: cloned('--sparse') },
  {
    name: 'a sparse checkout without cones',
    make: then([], ['sparse-checkout', 'set', '--no-cone', '/README.md']),
  },
  { name: 'a partial clone without blobs', make: cloned('--filter=blob:none') },
  { name: 'a partial clone without trees', make: cloned('--filter=tree:0') },
  { name: 'a partial clone without a checkout', make: cloned('--filter=blob:none', '--no-checkout') },
  {
    name: 'skip-worktree and assume-unchanged',
    make: (origin, dir) => {
      then(
        [],
        ['update-index', '--skip-worktree', 'churn.model.yaml', 'data/churn.bin'],
        ['update-index', '--assume-unchanged', 'models/fraud.model.yaml', 'models/fraud.bin'],
      )(origin, dir);
      for (const path of ['churn.model.yaml', 'data/churn.bin']) execFileSync('rm', [join(dir, path)]);
      return dir;
    },
    withoutGit: EDITED,
  },
  {
    name: 'a submodule',
    make: (origin, dir) => {
      const run = git(origin, origin.box.root);
      run('init', '--quiet', dir);
      const local = git(origin, dir, { GIT_ALLOW_PROTOCOL: 'file' });
      local('submodule', '--quiet', 'add', origin.url, 'registry');
      return join(dir, 'registry');
    },
  },
  {
    name: 'a linked work tree',
    make: (origin, dir) => {
      cloned()(origin, `${dir}-main`);
      git(origin, `${dir}-main`)('worktree', 'add', '--quiet', '--detach', dir);
      return dir;
    },
  },
  { name: 'a folder inside', make: (origin, dir) => join(cloned()(origin, dir), 'models') },
  { name: '--single-branch', make: cloned('--single-branch', '--branch=main'), says: TAGS },
  { name: '--depth 1', make: cloned('--depth=1'), says: HISTORY },
  { name: '--depth 1 --no-single-branch', make: cloned('--depth=1', '--no-single-branch'), says: HISTORY },
  { name: '--depth 2', make: cloned('--depth=2'), says: HISTORY },
  { name: '--no-tags', make: cloned('--no-tags'), says: TAGS },
  {
    name: 'one tag alone, as Jenkins leaves it',
    make: fetched(
      ['config', 'remote.origin.fetch', tagRefspec(NEWEST)],
      ['fetch', '--quiet', '--no-tags', 'origin'],
      ['checkout', '--quiet', '--detach', `refs/tags/${NEWEST}`],
    ),
    says: TAGS,
  },
  {
    name: 'a tag that the checkout made lightweight, as at GitHub',
    make: (origin, dir) => {
      const commit = origin.remote.git('rev-parse', `${NEWEST}^{commit}`).trim();
      return fetched(
        ['fetch', '--quiet', '--no-tags', '--depth=1', 'origin', `+${commit}:refs/tags/${NEWEST}`],
        ['checkout', '--quiet', '--force', `refs/tags/${NEWEST}`],
      )(origin, dir);
    },
    says: HISTORY,
  },
  {
    name: 'a tag in a part of the history, as at GitLab',
    make: fetched(
      ['fetch', '--quiet', '--no-tags', '--depth=2', 'origin', tagRefspec(NEWEST)],
      ['checkout', '--quiet', '--force', '--detach', `refs/tags/${NEWEST}`],
    ),
    says: HISTORY,
  },
  {
    name: 'a detached commit without branches, as at Azure',
    make: fetched(
      ['fetch', '--quiet', '--no-tags', '--depth=1', 'origin', BRANCH],
      ['checkout', '--quiet', '--force', '--detach', 'refs/remotes/origin/main'],
    ),
    says: HISTORY,
  },
  { name: 'core.autocrlf', make: cloned('--config', 'core.autocrlf=true'), withoutGit: EDITED },
  {
    name: 'a folder with a name that is not ASCII',
    make: (origin, dir) => {
      const folder = join(dir, 'Modèle ünd 模型');
      mkdirSync(folder, { recursive: true });
      return cloned()(origin, join(folder, 'registry'));
    },
  },
  {
    name: 'a clone of another user',
    make: cloned(),
    env: { GIT_TEST_ASSUME_DIFFERENT_OWNER: '1' },
    says: /safe\.directory/,
  },
  {
    name: 'refs in a reftable',
    make: (origin, dir) =>
      spawnSync('git', ['init', '--ref-format=reftable', `${dir}-probe`], { env: origin.box.env }).status ===
      0
        ? cloned('--ref-format=reftable')(origin, dir)
        : undefined,
  },
  {
    name: 'work on top that is not committed',
    make: (origin, dir) => {
      cloned()(origin, dir);
      writeFileSync(join(dir, 'notes.txt'), 'to do\n');
      return dir;
    },
  },
];

/** Stands in a question for a folder to write. */
export const OUT = 'OUT';

/** The commands that read, and need nothing beside the registry. */
export const QUESTIONS: readonly (readonly string[])[] = [
  ['which', 'churn', 'prod'],
  ['which', 'churn', 'prod', '--all'],
  ['which', 'churn', 'prod', '--verify'],
  ['which', '#prod'],
  ['latest', 'churn'],
  ['latest', 'models:fraud'],
  ['show'],
  ['show', 'churn'],
  ['show', '#dev'],
  ['show', '--behind', 'prod'],
  ['history'],
  ['history', 'churn'],
  ['history', '--intervals'],
  ['stages'],
  ['stages', '--used'],
  ['check-ref', NEWEST],
  ['verify'],
  ['approvals'],
  ['describe', 'churn'],
  ['describe', 'churn#prod'],
  ['describe', 'churn@v0.0.2'],
  ['describe', 'churn', '--stage', 'prod'],
  ['history', 'churn', '--follow'],
  ['show', '--undeclared'],
  ['diff', 'churn@v0.0.1', 'churn#prod'],
  ['diff', 'churn@v0.0.1', 'churn@v0.0.2'],
  ['diff', 'churn@v0.0.1', '#prod'],
  ['diff', 'churn'],
  ['diff', '#dev'],
  ['status'],
  ['doctor'],
  ['load', 'churn', '-o', '-'],
  ['load', 'churn#prod', '-o', '-'],
  ['load', 'churn@latest', '-o', '-'],
  ['load', 'models:fraud', '-o', '-'],
  ['validate'],
  ['validate', '--base', 'HEAD~1'],
  ['validate', '--tags'],
  ['validate', '--staged'],
  ['site', '--out', OUT],
  ['outdated'],
  ['register', 'churn', '--dry-run'],
  ['assign', 'churn@v0.0.2', 'prod', '--dry-run'],
  ['rollback', 'churn', 'prod', '--dry-run'],
];
