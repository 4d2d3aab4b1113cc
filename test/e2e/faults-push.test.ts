import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { sandbox } from '../support/repo.js';
import {
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
const withHistory = (): Served => {
  registries += 1;
  return publishHistory(box, server, `registry-${registries}`);
};

/** Where to look after a push of which nobody knows: what is named works there as it stands. */
const lookIn = (way: Way, { url }: Served): string =>
  way === 'from a clone'
    ? 'look before doing it again: reg status (what origin has), reg history churn -n 3 (what is here)'
    : `look before doing it again: reg history churn -n 3 --repo ${url}`;

describe.each(WAYS)('%s', (way) => {
  describe('nothing is written, here or there', () => {
    let served: Served;
    let before: string;
    beforeAll(() => {
      served = withHistory();
      before = tagsOf(served.remote);
    });
    const assign = async () => {
      const { stdout, stderr, code } = await writerOf(box, served, way)('assign', 'churn', 'prod');
      expect({ stdout, code }).toEqual({ stdout: '', code: 4 });
      expect(tagsOf(served.remote)).toBe(before);
      expect(tagsOf(served.clone)).toBe(before);
      return stderr;
    };

    test.each([
      [401, 'ask to push', 0],
      [401, 'push', 1],
      [403, 'ask to push', 0],
      [403, 'push', 1],
    ] as const)('a push without the right to: %s to %s', async (fault, exchange, attempts) => {
      const pushes = pushesTo(server);
      server.fail({ fault, on: [exchange] });
      expect(await assign()).toMatch(/^error: \S+ refused the push: .*\nhint: .*\n$/);
      expect(pushesTo(server) - pushes).toBe(attempts);
    });

    test.each<[Fault, Exchange]>([
      [500, 'ask to push'],
      ['cut before', 'ask to push'],
      ['truncated', 'ask to push'],
    ])('a push that did not begin: %s to %s', async (fault, exchange) => {
      server.fail({ fault, on: [exchange] });
      expect(await assign()).toMatch(/^error: cannot reach \S+: .*\nhint: .*\n$/);
    });

    test.each<[Fault, Exchange]>([
      [500, 'push'],
      ['cut before', 'push'],
    ])('a push that may have got through: %s to %s', async (fault, exchange) => {
      server.fail({ fault, on: [exchange] });
      expect(await assign()).toMatch(
        /^error: \S+ gave no answer to the push of churn@v2\.0\.1 and churn#prod#3 \(.*\); it does not have them so far, and may still take them\nhint: look before doing it again: reg .*\n$/,
      );
    });

    test('and when all is well again, the same command works', async () => {
      const run = await writerOf(box, served, way)('assign', 'churn', 'prod');
      expect(run).toMatchObject({ stdout: 'churn@v2.0.1\nchurn#prod#3\n', stderr: '', code: 0 });
      if (way === 'from a clone') expect(tagsOf(served.clone)).toBe(tagsOf(served.remote));
    });
  });

  // curl may send a request again whose connection was cut: the second answer says that the tag is there already
  test.each<[Fault, number, string, string]>([
    ['cut after', 9, 'register churn', 'churn@v2.0.1\n'],
    ['cut after', 9, 'assign churn prod', 'churn@v2.0.1\nchurn#prod#3\n'],
    ['cut after', 1, 'assign churn prod', 'churn@v2.0.1\nchurn#prod#3\n'],
    ['truncated', 9, 'rollback churn prod', 'churn#prod#3\n'],
  ])(
    'a push whose answer is lost was a success: %s, at most %s times, %s',
    async (fault, first, args, stdout) => {
      const served = withHistory();
      const before = tagsOf(served.clone);
      server.fail({ fault, on: ['push'], first });
      const run = await writerOf(box, served, way)(...args.split(' '));
      expect(run).toMatchObject({ stdout, stderr: expect.not.stringContaining('error: '), code: 0 });
      expect(served.remote.tags()).toEqual(expect.arrayContaining(stdout.trim().split('\n')));
      expect(tagsOf(served.clone)).toBe(way === 'from a clone' ? tagsOf(served.remote) : before);
    },
  );

  test('a push without an answer, and then the server is gone: the outcome is unknown', async () => {
    const served = withHistory();
    const before = tagsOf(served.clone);
    const reg = writerOf(box, served, way);
    server.fail({ fault: 'gone after', on: ['push'] });
    const { stdout, stderr, code } = await reg('assign', 'churn', 'prod', '--json');
    expect({ stdout, code }).toEqual({ stdout: '', code: 4 });
    const { error } = JSON.parse(stderr) as { error: Record<string, string> };
    expect(error.code).toBe('REMOTE_FAILED');
    expect(error.message).toMatch(/^it is not known whether \S+ took churn@v2\.0\.1 and churn#prod#3: /);
    expect(error.hint).toBe(lookIn(way, served));
    expect(tagsOf(served.clone)).toBe(before);
    server.fail();
    // the same command again finds what the lost push did, and does nothing twice
    expect((await reg('assign', 'churn', 'prod')).code).toBe(0);
    expect(served.remote.tags()).toHaveLength(6);
    if (way === 'from a clone') expect(tagsOf(served.clone)).toBe(tagsOf(served.remote));
  });
});

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
