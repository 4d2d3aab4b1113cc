import { cpSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { regIn } from '../support/cli-here.js';
import { type Repository, sandbox } from '../support/repo.js';
import { type GitServer, serveDaemon, serveHttp } from '../support/servers.js';
import { pairs } from '../support/soak.js';
import { makeRegistry, tagHourly } from './registry.js';

const box = sandbox();
let servers: Record<string, string>;
let running: GitServer[];
beforeAll(async () => {
  running = [await serveHttp(box), await serveDaemon(box)];
  servers = { http: running[0]?.url ?? '', git: running[1]?.url ?? '', file: `file://${box.root}` };
});
afterAll(() => Promise.all(running.map((server) => server.close())));

let origin: Repository;
let count = 0;
const LINK = { 'churn.model.yaml': 'source: {path: model.bin}\n' };
const made = makeRegistry(box, 'made', 'churn');
made.commit(LINK);
tagHourly(box, made, 'churn@v1.0.0', 'churn#prod#1');
made.commit({ 'model.bin': 'the second' });
tagHourly(box, made, 'churn@v2.0.0');
beforeEach(() => {
  count += 1;
  cpSync(made.dir, join(box.root, `origin-${count}`), { recursive: true });
  origin = box.at(`origin-${count}`);
});

/** Gives `reg` with the registry at a URL. */
const regOver =
  (scheme: string) =>
  (...args: string[]) =>
    regIn(box, box.root)(...args, '--repo', `${servers[scheme]}/origin-${count}/.git`);
const answersOver =
  (scheme: string) =>
  async (...questions: string[]): Promise<string[]> => {
    const runs = [];
    for (const question of questions) runs.push(await regOver(scheme)(...question.split(' ')));
    return runs.map(({ stdout, stderr }) => (stdout || stderr).trim());
  };
const nowOver = (scheme: string) => () =>
  answersOver(scheme)('which churn prod', 'latest churn', 'show', 'load churn#prod -o -');

/** What is in front of the tags does not matter, only what they are now. */
const CHANGES = [
  {
    what: 'a tag that is new, moved, deleted, and made again',
    expectSeen: async (scheme: string) => {
      const answers = answersOver(scheme);
      const now = nowOver(scheme);
      expect(await now()).toEqual(['v1.0.0', 'v2.0.0', 'churn\tv2.0.0\tprod=v1.0.0\tactive', 'a model']);
      tagHourly(box, origin, 'churn#prod#2');
      expect(await now()).toEqual(['v2.0.0', 'v2.0.0', 'churn\tv2.0.0\tprod=v2.0.0\tactive', 'the second']);
      origin.tag('churn#prod#2', 'Moved', '--force');
      origin.git(
        'tag',
        '--force',
        '--annotate',
        '--message',
        'Moved back',
        'churn#prod#2',
        'churn@v1.0.0^{commit}',
      );
      expect(await now()).toEqual(['v1.0.0', 'v2.0.0', 'churn\tv2.0.0\tprod=v1.0.0\tactive', 'a model']);
      origin.git('tag', '--delete', 'churn@v2.0.0');
      expect((await now()).slice(0, 3)).toEqual(['v1.0.0', 'v1.0.0', 'churn\tv1.0.0\tprod=v1.0.0\tactive']);
      origin.tag('churn@v2.0.0', 'Made again');
      expect(await answers('latest churn', 'show churn@v2.0.0')).toEqual([
        'v2.0.0',
        expect.stringMatching(/Made again$/),
      ]);
      origin.git('tag', '--force', 'churn@v2.0.0', 'main');
      expect(await answers('latest churn')).toEqual(['v1.0.0']);
    },
  },
  {
    what: 'a branch that moved, forward and back',
    expectSeen: async (scheme: string) => {
      const answers = answersOver(scheme);
      const model = () =>
        answers('load churn -o -', 'load churn --rev main -o -', 'load churn --rev main~1 -o -');
      expect(await model()).toEqual(['the second', 'the second', 'a model']);
      origin.commit({ 'model.bin': 'the third' });
      expect(await model()).toEqual(['the third', 'the third', 'the second']);
      origin.git('reset', '--quiet', '--hard', 'main~2');
      expect((await model()).slice(0, 2)).toEqual(['a model', 'a model']);
    },
  },
  {
    what: 'every tag of an artifact deleted, and everything in another history',
    expectSeen: async (scheme: string) => {
      const reg = regOver(scheme);
      const now = nowOver(scheme);
      expect((await now())[0]).toBe('v1.0.0');
      origin.git('tag', '--delete', ...origin.tags());
      expect((await reg('latest', 'churn')).stderr).toContain("no artifact 'churn' is registered here");
      rmSync(origin.dir, { recursive: true });
      origin = makeRegistry(box, `origin-${count}`, 'churn');
      origin.commit({ ...LINK, 'model.bin': 'in another life' });
      tagHourly(box, origin, 'churn@v1.0.0', 'churn#prod#1');
      expect(await now()).toEqual([
        'v1.0.0',
        'v1.0.0',
        'churn\tv1.0.0\tprod=v1.0.0\tactive',
        'in another life',
      ]);
    },
  },
];

const changes = pairs(CHANGES, ['http', 'git', 'file']).map(([change, scheme]) => ({ ...change, scheme }));
test.each(changes)(
  'what changed between two runs is seen at once over $scheme: $what',
  ({ expectSeen, scheme }) => expectSeen(scheme),
);

test('a cache that was emptied, in part or whole, is filled again', async () => {
  const cache = join(box.root, 'cache');
  const reg = regIn(box, box.root, { XDG_CACHE_HOME: cache });
  const load = () => reg('load', 'churn#prod', '-o', '-', '--repo', `file://${origin.dir}`);
  expect((await load()).stdout).toBe('a model');
  const home = join(cache, 'reg/repositories');
  const [folder = ''] = readdirSync(home);
  for (const lost of ['objects', 'fetching', 'HEAD', 'config', '']) {
    rmSync(join(home, folder, lost), { recursive: true });
    expect(await load()).toMatchObject({ stdout: 'a model', stderr: '', code: 0 });
  }
});
