import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { regIn } from '../support/cli-here.js';
import { sandbox } from '../support/repo.js';
import { publishHistory, pushesTo, type Served, tagsOf, WAYS, writerOf } from '../support/served.js';
import { type HttpServer, serveHttp } from '../support/servers.js';
import { type Exchange, type Fault, READING } from '../support/servers-faults.js';

const box = sandbox();
let server: HttpServer;
let served: Served;
beforeAll(async () => {
  server = await serveHttp(box);
  served = publishHistory(box, server, 'registry');
});
afterEach(() => server.fail());
afterAll(() => server.close());

const FAULTS: [Fault, Exchange][] = [
  [401, 'ask to read'],
  [403, 'ask to read'],
  [403, 'read'],
  [500, 'ask to read'],
  [500, 'read'],
  ['cut before', 'read'],
  ['truncated', 'ask to read'],
  ['truncated', 'read'],
];

/** A question or a write that cannot be done, because nobody knows what the server has. */
function expectUnreached({
  stdout,
  stderr,
  code,
}: {
  stdout: string;
  stderr: string;
  code: number | null;
}): void {
  expect({ stdout, code }).toEqual({ stdout: '', code: 4 });
  expect(stderr).toMatch(/^error: cannot reach (origin|http:\S+): .*\nhint: .*\n$/);
}

test.each(FAULTS)('a write that cannot ask before it decides: %s to %s', async (fault, exchange) => {
  const before = tagsOf(served.remote);
  for (const way of WAYS) {
    server.fail({ fault, on: [exchange] });
    expectUnreached(await writerOf(box, served, way)('assign', 'churn', 'prod'));
  }
  expect(pushesTo(server)).toBe(0);
  expect(tagsOf(served.remote)).toBe(before);
  expect(tagsOf(served.clone)).toBe(before);
});

test.each([
  'which churn prod',
  'latest churn',
  'show',
  'show churn',
  'history',
  'stages',
  'check-ref churn#prod#2',
  'describe churn@v2.0.0',
  'load churn#prod -o -',
])('a question to a URL that is not answered: %s', async (question) => {
  // an empty cache: what was fetched once would need no server
  const env = { XDG_CACHE_HOME: `${box.root}/cache-${question.replaceAll(/\W/g, '-')}` };
  const reg = regIn(box, box.root, env);
  const args = [...question.split(' '), '--repo', served.url];
  for (const fault of [401, 500] as const) {
    server.fail({ fault, on: READING });
    expectUnreached(await reg(...args));
  }
  server.fail();
  expect(await reg(...args)).toMatchObject({ stdout: expect.stringMatching(/./), code: 0 });
});

test('a clone whose server does not answer can still be asked', async () => {
  const reg = regIn(box, served.clone.dir);
  server.fail({ fault: 403, on: READING });
  expect(await reg('which', 'churn', 'prod')).toMatchObject({ stdout: 'v2.0.0\n', stderr: '', code: 0 });
  for (const command of ['status', 'sync']) expectUnreached(await reg(command));
  const { stdout, stderr, code } = await reg('doctor', '--json');
  expect({ stderr, code }).toEqual({ stderr: '', code: 1 });
  expect(JSON.parse(stdout)).toContainEqual(
    expect.objectContaining({ message: expect.stringMatching(/cannot reach origin/) }),
  );
});

test('answers that are cut off spoil no cache', async () => {
  for (const first of [1, 2, 3, 4]) {
    const reg = regIn(box, box.root, { XDG_CACHE_HOME: `${box.root}/cut-${first}` });
    const load = () => reg('load', 'churn#prod', '-o', '-', '--repo', served.url);
    server.fail({ fault: 'truncated', on: ['read'], first });
    const { stdout, code } = await load();
    expect(`${code}: ${stdout}`).toMatch(/^(4: |0: a model.*)$/);
    server.fail();
    const again = await load();
    expect(again).toMatchObject({ stderr: '', code: 0 });
    expect(again.stdout).toMatch(/^a model/);
  }
});

test.each([
  'which no-such prod',
  'latest no-such',
  'show no-such',
  'history no-such',
  'load no-such@latest -o -',
  'assign no-such@v1.0.0 prod',
])('what a server has nothing of is not found, which is no fault of the network: %s', async (question) => {
  const { stdout, stderr, code } = await regIn(box, box.root)(...question.split(' '), '--repo', served.url);
  expect({ stdout, code }).toEqual({ stdout: '', code: 1 });
  expect(stderr).toMatch(/^error: .*no-such/);
});
