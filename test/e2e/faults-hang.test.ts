import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { regIn } from '../support/cli-here.js';
import { endGroup, leftOf, until } from '../support/process-groups.js';
import { sandbox } from '../support/repo.js';
import { publishHistory, type Served, startWrite, tagsOf, WAYS, type Way } from '../support/served.js';
import { type HttpServer, serveHttp } from '../support/servers.js';
import type { Exchange } from '../support/servers-faults.js';
import { pairs } from '../support/soak.js';

const box = sandbox();
const started: number[] = [];
let server: HttpServer;
let served: Served;
let before: string;
beforeAll(async () => {
  server = await serveHttp(box);
  served = publishHistory(box, server, 'registry');
  before = tagsOf(served.remote);
});
afterEach(() => {
  for (const group of started.splice(0)) endGroup(group);
  server.fail();
});
afterAll(() => server.close());

let caches = 0;
/** Starts `reg assign`; gives its group of processes, and what it will have said when it ends. */
function startAssign(at: Served, way: Way, seconds: number) {
  caches += 1;
  const cache = join(box.root, `cache-${caches}`);
  const env = { REG_TIMEOUT: String(seconds), XDG_CACHE_HOME: cache };
  const child = startWrite(box, at, way, env, ['assign', 'churn', 'prod']);
  const group = child.pid ?? 0;
  started.push(group);
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (chunk) => (stdout += chunk));
  child.stderr?.on('data', (chunk) => (stderr += chunk));
  const ended = new Promise<object>((resolve) =>
    child.on('exit', (code, signal) => child.on('close', () => resolve({ code, signal, stdout, stderr }))),
  );
  return { group, cache, ended };
}

/** Nothing was written, nothing is left that would be in anybody's way, and nothing still runs. */
async function expectNothingLeft({ clone, remote }: Served, group: number, cache: string): Promise<void> {
  expect(await leftOf(group)).toEqual([]);
  expect(tagsOf(clone)).toBe(before);
  expect(tagsOf(remote)).toBe(before);
  const files = [join(clone.dir, '.git'), cache]
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder, { recursive: true, encoding: 'utf8' }));
  expect(files.filter((path) => /\.(lock|borrowed)$|tmp_/.test(path))).toEqual([]);
}

test('REG_TIMEOUT ends what waits for a server that hangs, when it is read from and when it is pushed to', async () => {
  const start = Date.now();
  const pushedTo = await serveHttp(box);
  const other = publishHistory(box, pushedTo, 'pushed-to');
  server.fail({ fault: 'hangs', on: ['read'] });
  pushedTo.fail({ fault: 'hangs', on: ['push'] });
  const noAnswer = '\\S+ gave no answer to the push of churn@v2.0.1 and churn#prod#3 \\(';
  const writes = WAYS.flatMap((way) => [
    { at: served, said: 'cannot reach \\S+: ', ...startAssign(served, way, 4) },
    { at: other, said: noAnswer, ...startAssign(other, way, 4) },
  ]);
  for (const { at, said, ended, group, cache } of writes) {
    expect(await ended).toMatchObject({
      code: 4,
      stdout: '',
      stderr: expect.stringMatching(new RegExp(`^error: ${said}.*4 seconds.*\nhint: .*\n$`)),
    });
    expect(Date.now() - start).toBeLessThan(20_000);
    await expectNothingLeft(at, group, cache);
  }
  await pushedTo.close();
});

test.each(['-1', '1e9', 'abc', '0'])('a REG_TIMEOUT that is no time to wait: %s', async (text) => {
  for (const args of [
    ['which', 'churn', 'prod'],
    ['which', 'churn', 'prod', '--repo', served.url],
  ]) {
    const run = await regIn(box, served.clone.dir, { REG_TIMEOUT: text })(...args);
    expect(run).toMatchObject({ stdout: '', code: 2 });
    expect(run.stderr).toMatch(new RegExp(`^error: REG_TIMEOUT is '${text}', .* 86400\nhint: .*\n$`));
  }
});

/** As a terminal sends it: to reg and to all that it started. */
const ctrlC = {
  what: 'Ctrl-C',
  signal: 'SIGINT',
  send: (group: number) => process.kill(-group, 'SIGINT'),
};
const toRegAlone = {
  what: 'a signal to reg alone',
  signal: 'SIGTERM',
  send: (group: number) => process.kill(group, 'SIGTERM'),
};
const HANGING = pairs<Exchange, typeof ctrlC>(
  ['ask to read', 'read', 'push', 'ask to push'],
  [ctrlC, toRegAlone],
).map(([on, how]) => ({ on, ...how }));

test.each(HANGING)('$what ends what waits for a server that hangs: $on', async ({ on, signal, send }) => {
  server.fail({ fault: 'hangs', on: [on] });
  const writes = WAYS.map((way) => startAssign(served, way, 60));
  await until(() => server.befallen() === writes.length);
  const start = Date.now();
  for (const { group } of writes) send(group);
  for (const { ended, group, cache } of writes) {
    expect(await ended).toMatchObject({ code: null, signal, stdout: '' });
    expect(Date.now() - start).toBeLessThan(20_000);
    await expectNothingLeft(served, group, cache);
  }
});
