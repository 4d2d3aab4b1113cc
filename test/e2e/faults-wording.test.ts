import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Run, transcript } from '../support/cli-here.js';
import { type Repository, sandbox } from '../support/repo.js';
import { installHook, publish, pushesTo, type Served, tagsOf, WAYS, writerOf } from '../support/served.js';
import { type HttpServer, serveHttp } from '../support/servers.js';
import { makeRegistry } from './registry.js';

const box = sandbox();
let server: HttpServer;
beforeAll(async () => {
  server = await serveHttp(box);
  const registry = makeRegistry(box, 'made', 'churn');
  registry.commit();
  made = publish(box, server, registry);
});
afterAll(() => server.close());

let made: Served;
let registries = 0;
/** A copy of one registry, and of its remote. */
function served(): Served {
  registries += 1;
  const name = `registry-${registries}`;
  cpSync(made.clone.dir, join(box.root, name), { recursive: true });
  cpSync(made.remote.dir, join(box.root, `${name}.git`), { recursive: true });
  const [clone, url] = [box.at(name), `${server.url}/${name}.git`];
  clone.git('remote', 'set-url', 'origin', url);
  return { clone, remote: box.at(`${name}.git`), url };
}

/** Lets somebody else write a tag while a push is being received, once. */
function letRivalWrite(remote: Repository, tag: string, rev: string): void {
  const oid = remote.tag(tag, 'Somebody was faster', rev);
  remote.git('update-ref', '-d', `refs/tags/${tag}`);
  const quarantine = ['PATH', 'INITIAL'].map((name) => `-u GIT_QUARANTINE_${name}`).join(' ');
  const script = `[ -e raced ] && exit 0; touch raced; env ${quarantine} git update-ref 'refs/tags/${tag}' ${oid}`;
  installHook(remote, 'pre-receive', script);
}

const readable = (...runs: Run[]): string => transcript(...runs).replaceAll(server.url, '<server>');

test('a server that refuses, a broken network and a faster writer are three different errors', async () => {
  const [refusing, unreachable, contested] = [served(), served(), served()];
  installHook(refusing.remote, 'pre-receive', 'echo "Only Ann may push." >&2; exit 1');
  letRivalWrite(contested.remote, 'churn@v0.0.1', 'main');
  const args = ['register', 'churn', '--version', 'v0.0.1'];
  const refused = await writerOf(box, refusing, 'from a clone')(...args);
  const lost = await writerOf(box, contested, 'from a clone')(...args);
  server.fail({ fault: 'cut before', on: ['ask to push', 'push'] });
  const broken = await writerOf(box, unreachable, 'from a clone')(...args);
  server.fail();
  expect(readable(refused, broken, lost)).toMatchInlineSnapshot(`
    "$ reg register churn --version v0.0.1 --push
    -- stderr --
    error: origin refused the push: Only Ann may push. (pre-receive hook declined)
    hint: nothing was written; the server decides who may push which tags
    -- exit 4 --

    $ reg register churn --version v0.0.1 --push
    -- stderr --
    error: cannot reach origin: fatal: unable to access '<server>/registry-2.git/': Empty reply from server
    hint: check the address, the network and your access; git itself must reach it: git ls-remote origin
    -- exit 4 --

    $ reg register churn --version v0.0.1 --push
    churn@v0.0.1
    -- stderr --
    fetched from origin first: churn@v0.0.1
    churn v0.0.1 is already registered: Ann Lee registered it on 2026-01-01T00:00:00Z at <oid 1, short>, as was asked
    "
  `);
  expect(unreachable.clone.tags()).toEqual([]);
  // the rival's tag came with the second look
  expect(tagsOf(contested.clone)).toBe(tagsOf(contested.remote));
});

test.each(WAYS)('a rival that took the same number is no failure, %s', async (way) => {
  const here = served();
  letRivalWrite(here.remote, 'churn#dev#1', 'main~1');
  const pushes = pushesTo(server);
  const run = await writerOf(box, here, way)('assign', 'churn', 'dev');
  expect(run).toMatchObject({ stdout: 'churn@v0.0.1\nchurn#dev#2\n', code: 0 });
  expect(run.stderr).not.toContain('error: ');
  expect(pushesTo(server) - pushes).toBe(2);
  expect(here.remote.tags()).toEqual(['churn#dev#1', 'churn#dev#2', 'churn@v0.0.1']);
});

test('what git says of its own work is no reason for a failure', async () => {
  server.fail({ fault: 500, on: ['push'] });
  const { stderr } = await writerOf(box, served(), 'from a clone')('assign', 'churn', 'prod');
  server.fail();
  expect(stderr).toMatch(/^error: origin gave no answer to the push of [^(]*\(.*HTTP 500/);
  expect(stderr).not.toMatch(/delta|objects|threads|%/i);
});
