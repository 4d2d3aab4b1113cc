import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Env, Sandbox } from './repo.js';

// What runners of CI check out by default, and the variables that they set.

export type Ci = 'GitHub' | 'GitLab' | 'Jenkins' | 'Azure';

/** The variable in which each one says which tag started a job. */
const TAG_VARIABLE: Readonly<Record<Ci, string>> = {
  GitHub: 'GITHUB_REF',
  GitLab: 'CI_COMMIT_TAG',
  Jenkins: 'TAG_NAME',
  Azure: 'BUILD_SOURCEBRANCH',
};

/** What a job starts with. */
export interface Checkout {
  dir: string;
  env: Env;
}

/** A job to check out for: of a tag, or of the branch `main`. */
export interface Job {
  ci: Ci;
  /** Where the repository is. */
  url: string;
  tag?: string | undefined;
}

/**
 * Checks out as the runner does: GitHub one commit, where a tag loses its annotation; GitLab twenty, and the tag as it is; Jenkins all of
 * them, and that tag; Azure one commit without tags. None has another tag, and only GitHub has a branch. `reg` is on the PATH.
 */
export function checkOut(box: Sandbox, name: string, { ci, url, tag }: Job): Checkout {
  const home = join(box.root, `${name}-home`);
  const bin = join(box.root, 'bin');
  for (const folder of [home, bin]) mkdirSync(folder, { recursive: true });
  const program = fileURLToPath(new URL('../../dist/reg.cjs', import.meta.url));
  writeFileSync(join(bin, 'reg'), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`, {
    mode: 0o755,
  });
  const ref = tag === undefined ? 'refs/heads/main' : `refs/tags/${tag}`;
  const isFull = ci === 'GitHub' || ci === 'Azure';
  const shown = isFull ? ref : (tag ?? '');
  const env = {
    ...box.env,
    PATH: `${bin}:${box.env.PATH}`,
    HOME: home,
    CI: 'true',
    TAG: shown,
    [TAG_VARIABLE[ci]]: shown,
  };
  const dir = join(box.root, name);
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: dir, env, encoding: 'utf8', stdio: 'pipe' }).trim();
  mkdirSync(dir);
  git('init', '--quiet');
  git('remote', 'add', 'origin', url);
  const listed = git('ls-remote', 'origin', ref, `${ref}^{}`).split('\n').at(-1) ?? '';
  const [commit = ''] = listed.split('\t');
  const to = tag === undefined ? 'refs/remotes/origin/main' : ref;
  const fetches: Readonly<Record<Ci, string[]>> = {
    GitHub: ['--depth=1', 'origin', `+${commit}:${to}`],
    GitLab: [
      '--depth=20',
      'origin',
      `+${commit}:refs/pipelines/7`,
      ...(tag === undefined ? [] : [`+${ref}:${ref}`]),
    ],
    Jenkins: ['origin', `+${ref}:${to}`],
    Azure: ['--depth=1', 'origin', `+${commit}`],
  };
  git('fetch', '--quiet', '--no-tags', ...fetches[ci]);
  if (ci === 'GitHub' && tag === undefined) git('checkout', '--quiet', '-B', 'main', to);
  else git('checkout', '--quiet', '--detach', commit);
  return { dir, env };
}

/** The values of a dotenv report, as a later job has them. */
export const readDotenv = (text: string): Env =>
  Object.fromEntries(
    text
      .split('\n')
      .filter(Boolean)
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
