import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { regIn } from '../support/cli-here.js';
import { endGroup, until } from '../support/process-groups.js';
import { sandbox } from '../support/repo.js';
import {
  installHook,
  publishHistory,
  type Served,
  startWrite,
  WAYS,
  type Way,
  writerOf,
} from '../support/served.js';
import { type HttpServer, serveHttp } from '../support/servers.js';

const box = sandbox();
let server: HttpServer;
beforeAll(async () => {
  server = await serveHttp(box);
});
afterAll(() => server.close());

let registries = 0;
/** A registry whose server thinks about a push until it is let go, at most half a minute. */
function makeSlow() {
  registries += 1;
  const served = publishHistory(box, server, `slow-${registries}`);
  installHook(
    served.remote,
    'pre-receive',
    'echo > began; n=0; while [ ! -e go ] && [ $n -lt 300 ]; do sleep 0.1; n=$((n + 1)); done',
  );
  const file = (name: string): string => join(served.remote.dir, name);
  return { served, began: file('began'), letGo: () => writeFileSync(file('go'), '') };
}

/** The words of the command that a hint names, as a shell would have them. */
const commandIn = (hint: string): string[] => (/: reg ([^;,(\n]*)/.exec(hint)?.[1] ?? '').trim().split(' ');

const where = (way: Way, { clone }: Served): string => (way === 'from a clone' ? clone.dir : box.root);

// they wait for servers of their own, and for nothing of each other
describe.concurrent('a server that takes its time', () => {
  test.for(WAYS)(
    'a push that a slow server accepts later: the outcome is unknown, and the hint says where to look, %s',
    async (way, { expect }) => {
      const { served, letGo } = makeSlow();
      const before = served.clone.tags();
      const { stdout, stderr, code } = await writerOf(box, served, way, { REG_TIMEOUT: '3' })(
        'rollback',
        'churn',
        'prod',
      );
      const remote = way === 'from a clone' ? 'origin' : served.url;
      expect({ stdout, code }).toEqual({ stdout: '', code: 4 });
      const [error, hint = ''] = stderr.split('\n');
      expect(error).toBe(
        `error: ${remote} gave no answer to the push of churn#prod#3 (no response for 3 seconds); it does not have it so far, and may still take it`,
      );
      expect(hint).toMatch(/^hint: look before doing it again: /);
      expect(hint).not.toContain('safe');
      expect(served.clone.tags()).toEqual(before);
      letGo();
      await until(() => served.remote.tags().includes('churn#prod#3'));
      // what the hint names shows it
      const look = await regIn(box, where(way, served))(...commandIn(hint));
      expect(look.stdout).toMatch(
        way === 'from a clone' ? /^remote-only\tchurn#prod#3\t/ : /\tassignment\tv1\.0\.0\tprod\t/,
      );
    },
  );

  test.for(WAYS)('a deletion that a slow server does later, %s', async (way, { expect }) => {
    const { served, letGo } = makeSlow();
    const reg = writerOf(box, served, way, { REG_TIMEOUT: '3' });
    const { stderr, code } = await reg('unassign', 'churn@v2.0.0', 'prod', '--delete', '--yes');
    expect(code).toBe(4);
    expect(stderr).toMatch(
      / gave no answer to the deletion of churn#prod#2 \(.*\); it still has it, and may yet delete it\n/,
    );
    expect(served.remote.tags()).toContain('churn#prod#2');
    letGo();
    await until(() => !served.remote.tags().includes('churn#prod#2'));
  });

  test.for(WAYS)(
    'Ctrl-C during a push: the hint says where to look, %s',
    async (way, { expect, onTestFinished }) => {
      const { served, began, letGo } = makeSlow();
      const child = startWrite(box, served, way, {}, ['assign', 'churn', 'prod', '--no-register']);
      onTestFinished(() => endGroup(child.pid ?? 0));
      let stderr = '';
      child.stderr?.on('data', (chunk) => (stderr += chunk));
      const ended = new Promise((resolve) => child.on('close', resolve));
      await until(() => existsSync(began));
      child.kill('SIGINT');
      await ended;
      letGo();
      const [error, hint = ''] = stderr.split('\n');
      expect(error).toBe('error: interrupted while pushing');
      const [command, ...rest] = commandIn(hint);
      expect(command).toBe(way === 'from a clone' ? 'status' : 'history');
      expect([0, 1]).toContain((await regIn(box, where(way, served))(command ?? '', ...rest)).code);
    },
  );
});
