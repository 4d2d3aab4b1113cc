import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { sandbox } from '../support/repo.js';
import {
  byTurns,
  publishHistory,
  pushesTo,
  type Served,
  tagsOf,
  WAYS,
  type Way,
  writerOf,
} from '../support/served.js';
import { type HttpServer, serveHttp } from '../support/servers.js';
import { type Exchange, type Fault, PUSHING } from '../support/servers-faults.js';

const box = sandbox();
let server: HttpServer;
beforeAll(async () => {
  server = await serveHttp(box);
});
afterEach(() => server.fail());
afterAll(() => server.close());

let registries = 0;
/** A registry on the server with two versions of `churn`, the second one in prod, and a commit that has none yet. */
const withHistory = (on = server): Served => {
  registries += 1;
  return publishHistory(box, on, `registry-${registries}`);
};

/** Where to look after a push of which nobody knows: what is named works there as it stands. */
const lookIn = (way: Way, { url }: Served): string =>
  way === 'from a clone'
    ? 'look before doing it again: reg status (what origin has), reg history churn -n 3 (what is here)'
    : `look before doing it again: reg history churn -n 3 --repo ${url}`;

describe('nothing is written, here or there', () => {
  let served: Served;
  let before: string;
  beforeAll(() => {
    served = withHistory();
    before = tagsOf(served.remote);
  });
  const assign = async (way: Way) => {
    const { stdout, stderr, code } = await writerOf(box, served, way)('assign', 'churn', 'prod');
    expect({ stdout, code }).toEqual({ stdout: '', code: 4 });
    expect(tagsOf(served.remote)).toBe(before);
    expect(tagsOf(served.clone)).toBe(before);
    return stderr;
  };

  const NO_RIGHT: { fault: Fault; on: Exchange; attempts: number }[] = [
    { fault: 401, on: 'ask to push', attempts: 0 },
    { fault: 401, on: 'push', attempts: 1 },
    { fault: 403, on: 'push', attempts: 1 },
    { fault: 403, on: 'ask to push', attempts: 0 },
  ];
  test.each(byTurns(NO_RIGHT))('a push without the right to: $fault to $on, $way', async (row) => {
    const { fault, on, attempts, way } = row;
    const pushes = pushesTo(server);
    server.fail({ fault, on: [on] });
    expect(await assign(way)).toMatch(/^error: \S+ refused the push: .*\nhint: .*\n$/);
    expect(pushesTo(server) - pushes).toBe(attempts);
  });

  const NOT_BEGUN: { fault: Fault; on: Exchange }[] = [
    { fault: 500, on: 'ask to push' },
    { fault: 'cut before', on: 'ask to push' },
    { fault: 'truncated', on: 'ask to push' },
  ];
  test.each(byTurns(NOT_BEGUN))(
    'a push that did not begin: $fault to $on, $way',
    async ({ fault, on, way }) => {
      server.fail({ fault, on: [on] });
      expect(await assign(way)).toMatch(/^error: cannot reach \S+: .*\nhint: .*\n$/);
    },
  );

  const UNKNOWN: { fault: Fault; on: Exchange }[] = [
    { fault: 500, on: 'push' },
    { fault: 'cut before', on: 'push' },
  ];
  test.each(byTurns(UNKNOWN))(
    'a push that may have got through: $fault to $on, $way',
    async ({ fault, on, way }) => {
      server.fail({ fault, on: [on] });
      expect(await assign(way)).toMatch(
        /^error: \S+ gave no answer to the push of churn@v2\.0\.1 and churn#prod#3 \(.*\); it does not have them so far, and may still take them\nhint: look before doing it again: reg .*\n$/,
      );
    },
  );

  test('and when all is well again, the same command works', async () => {
    const far = await writerOf(box, served, 'with --repo')('assign', 'churn', 'prod');
    expect(far).toMatchObject({ stdout: 'churn@v2.0.1\nchurn#prod#3\n', stderr: '', code: 0 });
    const here = await writerOf(box, served, 'from a clone')('assign', 'churn', 'dev');
    expect(here).toMatchObject({ stdout: 'churn#dev#4\n', code: 0 });
    expect(tagsOf(served.clone)).toBe(tagsOf(served.remote));
  });
});

// curl may send a request again whose connection was cut: the second answer says that the tag is there already
const LOST: { fault: Fault; first: number; args: string; stdout: string }[] = [
  { fault: 'cut after', first: 9, args: 'register churn', stdout: 'churn@v2.0.1\n' },
  { fault: 'cut after', first: 9, args: 'assign churn prod', stdout: 'churn@v2.0.1\nchurn#prod#3\n' },
  { fault: 'cut after', first: 1, args: 'assign churn prod', stdout: 'churn@v2.0.1\nchurn#prod#3\n' },
  { fault: 'truncated', first: 9, args: 'rollback churn prod', stdout: 'churn#prod#3\n' },
];
test.each(byTurns(LOST))(
  'a push whose answer is lost was a success: $fault, at most $first times, $args, $way',
  async ({ fault, first, args, stdout, way }) => {
    const served = withHistory();
    const before = tagsOf(served.clone);
    server.fail({ fault, on: ['push'], first });
    const run = await writerOf(box, served, way)(...args.split(' '));
    expect(run).toMatchObject({ stdout, stderr: expect.not.stringContaining('error: '), code: 0 });
    expect(served.remote.tags()).toEqual(expect.arrayContaining(stdout.trim().split('\n')));
    expect(tagsOf(served.clone)).toBe(way === 'from a clone' ? tagsOf(served.remote) : before);
  },
);

// both wait for a server that is gone, each for its own
test.concurrent.for(WAYS)(
  'a push without an answer, and then the server is gone: the outcome is unknown, %s',
  async (way, { expect, onTestFinished }) => {
    const failing = await serveHttp(box);
    onTestFinished(failing.close);
    const served = withHistory(failing);
    const before = tagsOf(served.clone);
    const reg = writerOf(box, served, way);
    failing.fail({ fault: 'gone after', on: ['push'] });
    const { stdout, stderr, code } = await reg('assign', 'churn', 'prod', '--json');
    expect({ stdout, code }).toEqual({ stdout: '', code: 4 });
    const { error } = JSON.parse(stderr) as { error: Record<string, string> };
    expect(error.code).toBe('REMOTE_FAILED');
    expect(error.message).toMatch(/^it is not known whether \S+ took churn@v2\.0\.1 and churn#prod#3: /);
    expect(error.hint).toBe(lookIn(way, served));
    expect(tagsOf(served.clone)).toBe(before);
    failing.fail();
    // the same command again finds what the lost push did, and does nothing twice
    expect((await reg('assign', 'churn', 'prod')).code).toBe(0);
    expect(served.remote.tags()).toHaveLength(6);
    if (way === 'from a clone') expect(tagsOf(served.clone)).toBe(tagsOf(served.remote));
  },
);

test('a network that comes back between two commands leaves one journal', async () => {
  const served = withHistory();
  const reg = writerOf(box, served, 'from a clone');
  server.fail({ fault: 'cut before', on: PUSHING, first: 1 });
  const codes = [];
  for (const stage of ['dev', 'dev', 'staging']) codes.push((await reg('assign', 'churn', stage)).code);
  expect(codes).toEqual([4, 0, 0]);
  expect(served.remote.tags().slice(0, 4)).toEqual([
    'churn#dev#3',
    'churn#prod#1',
    'churn#prod#2',
    'churn#staging#4',
  ]);
  expect(served.remote.git('fsck', '--strict', '--no-dangling')).toBe('');
});
