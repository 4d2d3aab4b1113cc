import { afterAll, beforeAll, expect, test } from 'vitest';
import { sandbox } from '../support/repo.js';
import {
  byTurns,
  installHook,
  publishHistory,
  pushesTo,
  type Served,
  tagsOf,
  type Way,
  writerOf,
} from '../support/served.js';
import { type HttpServer, serveHttp } from '../support/servers.js';

const box = sandbox();
const CONTROL = /[\x00-\x09\x0b-\x1f\x7f-\x9f]/;
const NASTY = String.raw`printf 'No \033[31mred\033[0m \007 tags\n\033]0;title\007 today\n' >&2; exit 1`;

let server: HttpServer;
beforeAll(async () => {
  server = await serveHttp(box);
});
afterAll(() => server.close());

let registries = 0;
/** A registry on the server with two versions of `churn`, the second one in prod, and a commit that has none yet. */
const withHistory = (): Served => {
  registries += 1;
  return publishHistory(box, server, `registry-${registries}`);
};

const REFUSED = [
  { args: ['register', 'churn'] },
  { args: ['assign', 'churn', 'prod'] },
  { args: ['rollback', 'churn', 'prod'] },
];

test.each(byTurns(REFUSED))('a server that refuses: $args, $way', async ({ args, way }) => {
  const served = withHistory();
  installHook(served.remote, 'pre-receive', NASTY);
  const [before, pushes] = [tagsOf(served.remote), pushesTo(server)];
  const { stdout, stderr, code } = await writerOf(box, served, way)(...args);
  expect({ stdout, code }).toEqual({ stdout: '', code: 4 });
  expect(stderr).not.toMatch(CONTROL);
  expect(stderr).toMatch(/^error: \S+ refused the push: No .*red.* tags .*today.*\nhint: .*\n$/);
  expect(pushesTo(server) - pushes).toBe(1);
  expect(tagsOf(served.remote)).toBe(before);
  expect(tagsOf(served.clone)).toBe(before);
});

/** What a server that looks at each tag may refuse. */
const TAG_BY_TAG = [
  {
    what: 'of two tags that go together, the server refuses the second one',
    expectAt: async (way: Way) => {
      const served = withHistory();
      installHook(served.remote, 'update', 'case "$1" in *#prod#*) echo "prod is closed" >&2; exit 1;; esac');
      const before = tagsOf(served.remote);
      const pushes = pushesTo(server);
      const run = await writerOf(box, served, way)('assign', 'churn', 'prod');
      expect(run).toMatchObject({
        stdout: '',
        code: 4,
        stderr: expect.stringMatching(/^error: \S+ refused the push: prod is closed/),
      });
      expect(pushesTo(server) - pushes).toBe(1);
      expect(tagsOf(served.remote)).toBe(before);
      expect(tagsOf(served.clone)).toBe(before);
    },
  },
  {
    what: 'a server that takes nothing but branches and tags',
    expectAt: async (way: Way) => {
      const served = withHistory();
      installHook(served.remote, 'update', 'case "$1" in refs/heads/*|refs/tags/*) ;; *) exit 1;; esac');
      const run = await writerOf(box, served, way)('assign', 'churn', 'prod');
      expect(run).toMatchObject({ stdout: 'churn@v2.0.1\nchurn#prod#3\n', stderr: '', code: 0 });
      expect(served.remote.tags()).toHaveLength(6);
    },
  },
  {
    what: 'two artifacts at once, and the server refuses one of them',
    expectAt: async (way: Way) => {
      const served = withHistory();
      installHook(
        served.remote,
        'update',
        'case "$1" in */fraud*) echo "fraud is closed" >&2; exit 1;; esac',
      );
      const reg = writerOf(box, served, way);
      const [churn, fraud] = await Promise.all([
        reg('assign', 'churn', 'prod'),
        reg('assign', 'fraud', 'prod'),
      ]);
      expect(churn).toMatchObject({ stdout: 'churn@v2.0.1\nchurn#prod#3\n', stderr: '', code: 0 });
      expect(fraud).toMatchObject({
        stdout: '',
        code: 4,
        stderr: expect.stringContaining('fraud is closed'),
      });
      const there = served.remote.tags();
      expect(there.filter((tag) => /3|0\.1|fraud/.test(tag))).toEqual(['churn#prod#3', 'churn@v2.0.1']);
      if (way === 'from a clone') expect(tagsOf(served.clone)).toBe(tagsOf(served.remote));
    },
  },
];

test.each(byTurns(TAG_BY_TAG))('$what, $way', ({ expectAt, way }) => expectAt(way));
