import type { ChildProcess } from 'node:child_process';
import { chmodSync, cpSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { makeRegistry, tagHourly } from '../e2e/registry.js';
import { startReg } from './cli.js';
import { type Run, type RunOptions, runReg } from './cli-here.js';
import type { Env, Repository, Sandbox } from './repo.js';
import type { GitServer } from './servers.js';
import { pairs } from './soak.js';

/** A registry on a server: the bare repository there, a clone of it here, and its URL. */
export interface Served {
  clone: Repository;
  remote: Repository;
  url: string;
}

/**
 * Puts a registry with its branch and tags on a server that takes pushes. The server becomes the clone's origin.
 * @param login `user:password` to go into the URL
 */
export function publish(box: Sandbox, server: GitServer, clone: Repository, login?: string): Served {
  return putOn(server, clone, bareOf(box, clone), login);
}

/** Makes the bare repository of a registry, with its branch and tags. */
function bareOf(box: Sandbox, clone: Repository): Repository {
  const remote = box.repository(`${clone.dir.slice(box.root.length + 1)}.git`, '--bare');
  // git-http-backend(1) takes no pushes from somebody without a name
  remote.git('config', 'http.receivepack', 'true');
  clone.git('push', '--quiet', remote.dir, 'main', '--tags');
  return remote;
}

function putOn({ url: server }: GitServer, clone: Repository, remote: Repository, login?: string): Served {
  const url = `${login === undefined ? server : server.replace('://', `://${login}@`)}/${basename(remote.dir)}`;
  clone.git('remote', 'add', 'origin', url);
  return { clone, remote, url };
}

/** The sandboxes that have the history which is copied, in `history` and `history.git`. */
const withHistory = new WeakSet<Sandbox>();

function makeHistory(box: Sandbox): void {
  const registry = makeRegistry(box, 'history', 'churn', 'fraud');
  tagHourly(box, registry, 'churn@v1.0.0', 'churn#prod#1');
  registry.commit();
  tagHourly(box, registry, 'churn@v2.0.0', 'churn#prod#2');
  registry.commit();
  bareOf(box, registry);
}

/** Publishes a registry with two versions of `churn`, the second one in prod, and a commit that has none yet. */
export function publishHistory(box: Sandbox, server: GitServer, name: string, login?: string): Served {
  if (!withHistory.has(box)) makeHistory(box);
  withHistory.add(box);
  for (const suffix of ['', '.git'])
    cpSync(join(box.root, `history${suffix}`), join(box.root, `${name}${suffix}`), { recursive: true });
  const clone = box.at(name);
  let trained = 3;
  const commit: Repository['commit'] = (files, message) => {
    trained += 1;
    return clone.commit(files ?? { 'model.bin': `a model, trained ${trained} times` }, message);
  };
  return putOn(server, { ...clone, commit }, box.at(`${name}.git`), login);
}

/** Installs a hook of githooks(5) in a bare repository. */
export function installHook({ dir }: Repository, hook: 'pre-receive' | 'update', shellScript: string): void {
  const file = join(dir, 'hooks', hook);
  writeFileSync(file, `#!/bin/sh\n${shellScript}\n`);
  chmodSync(file, 0o755);
}

/** The two ways to write to a registry on a server. */
export const WAYS = ['from a clone', 'with --repo'] as const;
export type Way = (typeof WAYS)[number];

/** The rows of a table, each with the way in which it is gone through: the ways take turns. */
export const byTurns = <Row extends object>(rows: readonly Row[]): (Row & { way: Way })[] =>
  pairs(rows, WAYS).map(([row, way]) => ({ ...row, way }));

/** Gives `reg` for writes that are pushed, one way or the other. */
export const writerOf =
  (box: Sandbox, served: Served, way: Way, env?: Env) =>
  (...args: string[]): Promise<Run> =>
    runReg(box, at(box, served, way, env), ...args, ...reach(served, way));

/** Starts a write as `writerOf` does, without waiting for its end. */
export const startWrite = (
  box: Sandbox,
  served: Served,
  way: Way,
  env: Env,
  args: readonly string[],
): ChildProcess => startReg(box, at(box, served, way, env), [...args, ...reach(served, way)]);

const at = (box: Sandbox, { clone }: Served, way: Way, env: Env = {}): RunOptions => ({
  cwd: way === 'from a clone' ? clone.dir : box.root,
  env,
});

const reach = ({ url }: Served, way: Way): string[] =>
  way === 'from a clone' ? ['--push'] : ['--repo', url];

/** How often a push reached a server. */
export const pushesTo = ({ requests }: GitServer): number =>
  requests.filter((line) => /^POST .*\/git-receive-pack$/.test(line)).length;

/** Tags with their objects, as text that tests compare. */
export const tagsOf = ({ git }: Repository): string =>
  git('for-each-ref', '--format=%(objectname) %(refname:lstrip=2)', 'refs/tags');
