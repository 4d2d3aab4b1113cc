import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { regIn } from '../support/cli-here.js';
import { sandbox } from '../support/repo.js';
import { byTurns, publishHistory, pushesTo, type Served, tagsOf, writerOf } from '../support/served.js';
import { type HttpServer, serveHttp } from '../support/servers.js';
import { type Exchange, type Fault, READING } from '../support/servers-faults.js';
import { pairs, rows } from '../support/soak.js';

const box = sandbox();
let server: HttpServer;
let served: Served;
beforeAll(async () => {
  server = await serveHttp(box);
  served = publishHistory(box, server, 'registry');
});
afterEach(() => server.fail());
afterAll(() => server.close());

const FAULTS: { fault: Fault; on: Exchange }[] = [
  { fault: 401, on: 'ask to read' },
  { fault: 403, on: 'ask to read' },
  { fault: 403, on: 'read' },
  { fault: 500, on: 'ask to read' },
  { fault: 500, on: 'read' },
  { fault: 'cut before', on: 'read' },
  { fault: 'truncated', on: 'ask to read' },
  { fault: 'truncated', on: 'read' },
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

test.each(byTurns(FAULTS))('a write that cannot ask before it decides: $fault to $on, $way', async (row) => {
  const { fault, on, way } = row;
  const before = tagsOf(served.remote);
  server.fail({ fault, on: [on] });
  expectUnreached(await writerOf(box, served, way)('assign', 'churn', 'prod'));
  expect(pushesTo(server)).toBe(0);
  expect(tagsOf(served.remote)).toBe(before);
  expect(tagsOf(served.clone)).toBe(before);
});

const QUESTIONS = [
  'which churn prod',
  'latest churn',
  'show',
  'show churn',
  'history',
  'stages',
  'check-ref churn#prod#2',
  'describe churn@v2.0.0',
  'load churn#prod -o -',
];
test.each(pairs(QUESTIONS, [401, 500] as const))(
  'a question to a URL that is not answered: %s, %s',
  async (question, fault) => {
    // an empty cache: what was fetched once would need no server
    const env = { XDG_CACHE_HOME: `${box.root}/cache-${question.replaceAll(/\W/g, '-')}-${fault}` };
    const reg = regIn(box, box.root, env);
    const args = [...question.split(' '), '--repo', served.url];
    server.fail({ fault, on: READING });
    expectUnreached(await reg(...args));
    server.fail();
    const answered = await regIn(box, box.root)(...args);
    expect(answered).toMatchObject({ stdout: expect.stringMatching(/./), code: 0 });
  },
);

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
  for (const first of rows([1, 2, 3, 4])) {
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
