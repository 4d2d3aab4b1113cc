import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';
import { commitHere, initialize, remember, revHere, tagHere, tagsHere } from './in-process.js';
import { writeLoose } from './loose-objects.js';

/** Variables of an environment; a type of its own so that tests can spread it. */
export type Env = Record<string, string>;

/** A temporary folder with repositories in it, and the only environment that they and `reg` know. */
export interface Sandbox {
  /** The folder; gone when the tests of the file are done. */
  root: string;
  /** HOME is `root/home`; names, dates, locale and time zone are fixed. */
  env: Env;
  /** Makes an empty repository; its branch is `main`. */
  repository(name: string, ...initOptions: string[]): Repository;
  /** The repository that is at a path inside the sandbox already. */
  at(dir: string): Repository;
  /** Moves git's clock on. */
  advance(seconds: number): void;
}

/** A repository of a sandbox. */
export interface Repository {
  dir: string;
  /** Runs git and gives what it printed, without the line end. */
  git(...args: string[]): string;
  /** Writes files and commits them; gives the commit's id. Without files the commit is empty. */
  commit(files?: Readonly<Record<string, string | Uint8Array>>, message?: string): string;
  /** Makes an annotated tag on a rev, by default HEAD; gives the oid of the tag object. */
  tag(name: string, message?: string, rev?: string): string;
  /** Makes a tag object of any bytes and points a tag at it; gives the oid. */
  writeRawTag(bytes: string | Uint8Array, name: string): string;
  /** Writes the file of a tag's ref as it is, past every check of git. */
  writeTagRef(name: string, content: string): void;
  /** All tags, by name. */
  tags(): string[];
}

/** The first second of 2026: the time of git in every sandbox until a test moves it on. */
export const START = Date.UTC(2026, 0, 1) / 1000;

/** Makes the sandbox of a test file; to be called outside its tests, so that it is removed after the last one. */
export function sandbox(): Sandbox {
  // real path: on some systems the folder for temporary files is a symbolic link, and git prints where it leads
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'reg-test-')));
  // a git process that was killed with its parent may still be writing
  afterAll(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }));
  const env = frozenEnv(root);
  let now = START;
  const advance = (seconds: number): void => {
    now += seconds;
    for (const who of ['AUTHOR', 'COMMITTER']) env[`GIT_${who}_DATE`] = `@${now} +0000`;
  };
  advance(0);
  mkdirSync(join(root, 'home'));
  // what git copies into each new repository, without its samples of hooks
  for (const folder of ['hooks', 'info']) mkdirSync(join(root, 'template', folder), { recursive: true });
  return {
    root,
    env,
    advance,
    at: (dir) => repositoryAt(join(root, dir), env),
    repository: (name, ...initOptions) => {
      const dir = join(root, name);
      if (!initialize(dir, initOptions, env)) {
        const isNew = !existsSync(dir);
        execFileSync('git', ['init', '--quiet', '--initial-branch=main', ...initOptions, dir], { env });
        if (isNew) remember(dir, initOptions, env);
      }
      return repositoryAt(dir, env);
    },
  };
}

/** Nothing of the machine that runs the tests but PATH. */
const frozenEnv = (root: string): Env => ({
  PATH: process.env.PATH ?? '',
  HOME: join(root, 'home'),
  GIT_CONFIG_NOSYSTEM: '1',
  // no test may ever wait for somebody to type a password
  GIT_TERMINAL_PROMPT: '0',
  GIT_TEMPLATE_DIR: join(root, 'template'),
  // a repository of a test need not outlive a loss of power
  GIT_TEST_FSYNC: '0',
  GIT_AUTHOR_NAME: 'Ann Lee',
  GIT_AUTHOR_EMAIL: 'ann@example.com',
  GIT_COMMITTER_NAME: 'Ann Lee',
  GIT_COMMITTER_EMAIL: 'ann@example.com',
  LC_ALL: 'C',
  TZ: 'UTC',
});

/** A test's own git starts no other one to tidy up after it (git-maintenance(1)). */
const UNKEPT = ['-c', 'maintenance.auto=false'];

function repositoryAt(dir: string, env: Env): Repository {
  const run = (args: readonly string[], input?: string | Uint8Array): string =>
    execFileSync('git', [...UNKEPT, ...args], {
      cwd: dir,
      env,
      input,
      encoding: 'utf8',
      stdio: 'pipe',
    }).replace(/\n$/, '');
  let common: string | undefined;
  const writeTagRef = (name: string, content: string): void => {
    common ??= existsSync(join(dir, '.git/objects')) ? '.git' : run(['rev-parse', '--git-common-dir']);
    const file = join(dir, common, 'refs/tags', name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  };
  /** A ref that git has just written, read from its file: one process less; undefined when it is not there. */
  const looseRef = (ref: string): string | undefined => {
    for (const folder of ['.git', '.']) {
      try {
        const content = readFileSync(join(dir, folder, ref), 'utf8').trim();
        return content.startsWith('ref: ') ? looseRef(content.slice('ref: '.length)) : content;
      } catch {
        // a bare repository, a work tree of another one, or a ref that is packed
      }
    }
    return undefined;
  };
  return {
    dir,
    git: (...args) => {
      const [command, rev = '', ...more] = args;
      const known = command === 'rev-parse' && more.length === 0 ? revHere(dir, env, rev) : undefined;
      return known ?? run(args);
    },
    commit: (files = {}, message = 'Change') => {
      for (const [path, content] of Object.entries(files)) {
        mkdirSync(dirname(join(dir, path)), { recursive: true });
        writeFileSync(join(dir, path), content);
      }
      const made = commitHere(dir, env, message);
      if (made !== undefined) return made;
      run(['add', '--all']);
      run(['commit', '--quiet', '--allow-empty', '--message', message]);
      return looseRef('HEAD') ?? run(['rev-parse', 'HEAD']);
    },
    tag: (name, message = name, rev = 'HEAD') => {
      const made = tagHere(dir, env, name, message, rev);
      if (made !== undefined) return made;
      run(['tag', '--annotate', '--message', message, name, rev]);
      return looseRef(`refs/tags/${name}`) ?? run(['rev-parse', `refs/tags/${name}`]);
    },
    writeRawTag: (bytes, name) => {
      const objects = ['.git/objects', 'objects']
        .map((path) => join(dir, path))
        .find((path) => existsSync(path));
      const oid = objects
        ? writeLoose(objects, 'tag', bytes)
        : run(['hash-object', '-t', 'tag', '-w', '--stdin', '--literally'], bytes);
      // update-ref refuses to point at an object that it cannot read
      writeTagRef(name, `${oid}\n`);
      return oid;
    },
    writeTagRef,
    tags: () =>
      tagsHere(dir, env) ??
      run(['for-each-ref', '--format=%(refname:lstrip=2)', 'refs/tags/']).split('\n').filter(Boolean),
  };
}
