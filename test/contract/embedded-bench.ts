import { join } from 'node:path';
import { afterAll } from 'vitest';
import { openLocalRepository } from '../../src/git/files/repository.js';
import { openUrlRepository } from '../../src/git/open-without-git.js';
import type { RegistryRepository } from '../../src/git/port.js';
import { once } from '../../src/util/async.js';
import type { Repository, Sandbox } from '../support/repo.js';
import { type HttpServer, serveHttp } from '../support/servers.js';

const servers = new Map<Sandbox, Promise<HttpServer>>();
afterAll(async () => {
  for (const server of servers.values()) await (await server).close();
});

/** The server in front of a sandbox: one for all tests of a file, started when it is first asked for. */
export function serverOf(box: Sandbox): Promise<HttpServer> {
  const server = servers.get(box) ?? serveHttp(box);
  servers.set(box, server);
  return server;
}

/** A repository that is read without git, opened at its first call, for tests that cannot wait where they make it. */
export function late(opening: () => Promise<RegistryRepository>): RegistryRepository {
  const opened = once(opening);
  const part = <P extends keyof RegistryRepository>(name: P): RegistryRepository[P] =>
    lateCalls(async () => (await opened())[name]);
  return {
    address: undefined,
    tags: part('tags'),
    objects: part('objects'),
    history: part('history'),
    largeFiles: part('largeFiles'),
    remotes: async () => (await opened()).remotes(),
    hasRemote: async (name) => (await opened()).hasRemote(name),
    tips: async () => (await opened()).tips(),
    workTree: async () => (await opened()).workTree(),
    defaultBranch: async () => (await opened()).defaultBranch(),
    uncommitted: async (paths) => (await opened()).uncommitted(paths),
    notCheckedOut: async (end) => (await opened()).notCheckedOut(end),
    nextCommit: async () => (await opened()).nextCommit(),
  };
}

/** The calls of something that is opened later. */
const lateCalls = <T>(opened: () => Promise<T>): T =>
  new Proxy({} as Record<string, (...args: unknown[]) => Promise<unknown>>, {
    get:
      (_target, name) =>
      async (...args: unknown[]) =>
        ((await opened()) as Record<string, (...given: unknown[]) => unknown>)[String(name)]?.(...args),
  }) as T;

/** Reads a repository on this machine without the git program. */
export const embeddedLocal = (box: Sandbox, { dir }: Repository): RegistryRepository =>
  late(() => openLocalRepository(dir, box.env));

/** The web address of a repository of a sandbox. */
export const addressOf = async (box: Sandbox, { dir }: Repository): Promise<string> => {
  const path = dir.slice(box.root.length).split('/').map(encodeURIComponent).join('/');
  return `${(await serverOf(box)).url}${path}/.git`;
};

/** Reads a repository at its web address without the git program. */
export const embeddedWeb = (
  box: Sandbox,
  made: Repository,
  cache = join(box.root, 'cache'),
): RegistryRepository =>
  late(async () => openUrlRepository(await addressOf(box, made), cache, { env: box.env }));
