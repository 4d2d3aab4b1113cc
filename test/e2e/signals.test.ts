import { type ChildProcess, execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startReg } from '../support/cli.js';
import { endGroup, leftOf, until } from '../support/process-groups.js';
import { type Repository, sandbox } from '../support/repo.js';
import { pairs } from '../support/soak.js';
import { makeRegistry, sha256, withRemote } from './registry.js';

const box = sandbox();
const started: number[] = [];
let server: Server;
/** What the server that never ends an answer was asked. */
const asked: string[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(200, { 'content-length': 1_000_000 });
    response.write('the beginning of a model');
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
});
afterEach(() => {
  for (const group of started.splice(0)) endGroup(group);
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** What a command waits for when the signal comes. */
interface Waiting {
  registry: Repository;
  args: string[];
  /** Whether it has come so far; by default it has after a while. */
  waits?: (child: ChildProcess) => boolean;
  /** What stays in the work tree: whole files of a site, into which the next run writes. */
  leaves?: string;
}

/** A registry whose model is at the server. */
function linked(name: string): Repository {
  const registry = box.repository(name);
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/${name}`;
  registry.commit({
    'churn.model.yaml': `source: {url: "${url}"}\nsha256: "${sha256(name)}"\nsize: 1000000\n`,
  });
  return registry;
}

/** A registry of many artifacts. */
function many(name: string, count: number): Repository {
  const registry = box.repository(name);
  const lines = Array.from({ length: count }, (_, index) => `churn${index}: {type: model}\n`);
  registry.commit({ 'artifacts.yaml': lines.join('') });
  return registry;
}

/** A hook that says that it runs, and then takes its time. */
function slowHook(at: Repository, folder: string, name: string): () => boolean {
  const held = `${at.dir}.held`;
  const path = join(at.dir, folder, name);
  writeFileSync(path, `#!/bin/sh\ntouch '${held}'\nsleep 60\n`);
  chmodSync(path, 0o755);
  return () => existsSync(held);
}

const isAsked = (name: string) => () => asked.includes(`/${name}`);

const WAITING: Record<string, () => Waiting> = {
  'update, for metrics from a pipe': () => {
    const registry = makeRegistry(box, 'update', 'churn');
    execFileSync('mkfifo', [join(registry.dir, 'metrics.json')]);
    return { registry, args: ['update', 'churn', '--metrics', 'metrics.json'] };
  },
  'load, for the rest of a model': () => ({
    registry: linked('load'),
    args: ['load', 'churn', '--output', 'model.bin'],
    waits: isAsked('load'),
  }),
  'load into the cache': () => ({
    registry: linked('cached'),
    args: ['load', 'churn'],
    waits: isAsked('cached'),
  }),
  'validate, for a model': () => ({
    registry: linked('validate'),
    args: ['validate', '--offline'],
    waits: isAsked('validate'),
  }),
  'register, for a hook of this repository': () => {
    const registry = makeRegistry(box, 'register', 'churn');
    return {
      registry,
      args: ['register', 'churn'],
      waits: slowHook(registry, '.git/hooks', 'reference-transaction'),
    };
  },
  'assign --push, for a hook of the remote': () => {
    const { registry, remote } = withRemote(box, 'assign');
    return {
      registry,
      args: ['assign', 'churn', 'prod', '--push'],
      waits: slowHook(remote, 'hooks', 'pre-receive'),
    };
  },
  'hook, for what git would say': () => ({
    registry: makeRegistry(box, 'hook', 'churn'),
    args: ['hook', 'pre-receive'],
  }),
  'ui, for a reader': () => ({ registry: makeRegistry(box, 'ui', 'churn'), args: ['ui', '--port', '0'] }),
  'serve, for a client': () => ({
    registry: makeRegistry(box, 'serve', 'churn'),
    args: ['serve', '--port', '0'],
  }),
  'site, in the middle of its pages': () => {
    const registry = many('site', 60);
    for (let index = 0; index < 60; index += 1) registry.tag(`churn${index}@v1.0.0`, 'A version');
    const before = readdirSync(registry.dir).length;
    const waits = (): boolean => readdirSync(registry.dir).length > before;
    return { registry, args: ['site', '--out', 'public'], waits, leaves: '?? public/' };
  },
  // more than a pipe holds
  'show, for a reader of its answer': () => ({
    registry: many('show', 2500),
    args: ['show', '--json'],
    waits: (child) => (child.stdout?.readableLength ?? 0) > 0,
  }),
};

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const CASES = pairs(Object.entries(WAITING), SIGNALS).map(([[what, make], signal]) => ({
  what,
  make,
  signal,
}));

test.each(CASES)('$signal ends within a second: $what', async ({ what, make, signal }) => {
  const { registry, args, waits, leaves = '' } = make();
  const temporary = join(box.root, `tmp-${registry.dir.split('/').pop()}-${signal}`);
  mkdirSync(temporary);
  const cache = join(temporary, 'cache');
  const before = registry.git('status', '--porcelain', '--ignored');
  const tags = registry.tags();
  const child = startReg(
    box,
    { cwd: registry.dir, env: { TMPDIR: temporary, XDG_CACHE_HOME: cache, REG_HTTP_PRIVATE: 'allow' } },
    args,
  );
  const group = child.pid ?? 0;
  started.push(group);
  const ended = new Promise((resolve) => child.on('exit', (code, by) => resolve(by ?? code)));
  if (waits) await until(() => waits(child));
  else await new Promise((resolve) => setTimeout(resolve, 700));
  const start = Date.now();
  child.kill(signal);
  expect([what, await ended]).toEqual([what, signal]);
  expect(Date.now() - start).toBeLessThan(1000);
  expect(await leftOf(group)).toEqual([]);
  // no tag, no lock, no temporary file
  expect(registry.git('status', '--porcelain', '--ignored')).toBe(`${before}${leaves}`);
  expect(registry.tags()).toEqual(tags);
  const [ofRun = [], ofRegistry = []] = [temporary, registry.dir].map((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }),
  );
  expect(ofRun.filter((path) => !/^cache(\/|$)/.test(path))).toEqual([]);
  expect([...ofRun, ...ofRegistry].filter((path) => /\.(lock|part)$|tmp_/.test(path))).toEqual([]);
});
