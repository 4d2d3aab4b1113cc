import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { expect } from 'vitest';
import { type Run, regIn } from './cli-here.js';
import type { Env, Sandbox } from './repo.js';

/** A login whose password must never be seen. */
export const LOGIN = 'canary-user:canary-password';

/** What must not be seen of logins: their passwords, and what HTTP makes of them (RFC 7617). */
export const secretsOf = (...logins: string[]): string[] =>
  logins.flatMap((login) => {
    const [, password = ''] = login.split(/:(.*)/s);
    const base64 = Buffer.from(login).toString('base64');
    return [...new Set([password, encodeURIComponent(password), base64])].filter((one) => one !== '');
  });

/** Variables that keep everything that `reg` and git may write inside the sandbox. */
export function keptInside(box: Sandbox): Env {
  const env = { XDG_CACHE_HOME: join(box.root, 'cache'), TMPDIR: join(box.root, 'tmp') };
  for (const folder of Object.values(env)) mkdirSync(folder, { recursive: true });
  return env;
}

/** Gives `reg` in a folder; no run of it may show a secret. */
export const guardedReg =
  (box: Sandbox, cwd: string, secrets: readonly string[], env: Env = {}) =>
  async (...args: string[]): Promise<Run> => {
    const run = await regIn(box, cwd, { ...keptInside(box), ...env })(...args);
    expectNone(secrets, `reg ${args[0]}: stdout`, run.stdout);
    expectNone(secrets, `reg ${args[0]}: stderr`, run.stderr);
    // a failure that was no wish of the test would show nothing at all
    expect(run.stderr).not.toContain('this is a defect');
    return run;
  };

function expectNone(secrets: readonly string[], where: string, text: string): void {
  for (const secret of secrets)
    if (text.includes(secret)) expect.fail(`${where} holds '${secret}':\n${text}`);
}

/** Files of the sandbox that hold a secret, and repositories whose packed objects do. */
export function filesWith(box: Sandbox, secrets: readonly string[]): string[] {
  const holds = (bytes: Buffer): boolean => secrets.some((secret) => bytes.includes(secret));
  const entries = readdirSync(box.root, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  // what makes a folder a repository (gitrepository-layout(5))
  const folders = new Set(files.filter((file) => basename(file) === 'HEAD').map(dirname));
  const repositories = [...folders].filter((folder) => files.includes(join(folder, 'config')));
  return [
    ...files.filter((file) => holds(readFileSync(file))),
    ...repositories.filter((folder) => holds(objectsOf(box, folder))),
  ].map((path) => relative(box.root, path));
}

/** All objects of a repository as they are before git packs them. */
const objectsOf = (box: Sandbox, folder: string): Buffer =>
  execFileSync('git', ['--git-dir', folder, 'cat-file', '--batch', '--batch-all-objects', '--unordered'], {
    env: box.env,
    maxBuffer: 1 << 28,
    stdio: 'pipe',
  });
