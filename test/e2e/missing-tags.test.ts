import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { regIn } from '../support/cli-here.js';
import { type Repository, sandbox } from '../support/repo.js';
import { pairs } from '../support/soak.js';
import { hourlyIn, makeRegistry, withRemote } from './registry.js';

const box = sandbox();

/** A registry whose events reg wrote, with their trailers. */
const origin = makeRegistry(box, 'origin', 'churn', 'fraud');
await hourlyIn(box, origin)(
  'register churn --unlinked',
  'assign churn@v0.0.1 prod',
  'register fraud --unlinked',
);
origin.commit();
await hourlyIn(box, origin)('register churn --unlinked', 'assign churn@v0.0.2 prod');

function clone(name: string, ...options: string[]): Repository {
  origin.git('clone', '--quiet', ...options, `file://${origin.dir}`, join(box.root, name));
  return box.at(name);
}

const fetchTags = ({ git }: Repository, ...tags: string[]): void => {
  for (const tag of tags) git('fetch', '--quiet', '--no-tags', 'origin', `refs/tags/${tag}:refs/tags/${tag}`);
};

const MISSING = (artifact: string): string =>
  `error: tags of ${artifact} are missing in this clone\nhint: get them with: reg sync\n`;

describe('a clone without tags', () => {
  const bare = clone('no-tags', '--no-tags');
  const reg = regIn(box, bare.dir);

  test('says so, with the one command', async () => {
    const note =
      'this clone has no tag of the registry; where the remote has some, get them with: reg sync\n';
    for (const args of [['show'], ['history'], ['history', '--intervals']]) {
      const { code, stderr } = await reg(...args);
      expect(code).toBe(0);
      expect(stderr, args.join(' ')).toContain(note);
    }
    for (const args of [
      ['which', 'churn', 'prod'],
      ['latest', 'churn'],
      ['show', 'churn'],
    ]) {
      const { code, stderr } = await reg(...args);
      expect(code).toBe(1);
      expect(stderr).toContain('reg sync');
    }
  });

  test('the doctor says it once', async () => {
    const { stdout } = await reg('doctor', '--json');
    expect(JSON.parse(stdout)).toMatchObject([
      {
        check: 'only-at-remote',
        subject: null,
        message: 'origin has 5 tags of the registry that this clone does not have',
        fix: 'reg sync',
      },
    ]);
  });
});

describe('a shallow clone without tags', () => {
  const shallow = clone('shallow', '--depth=1', '--no-tags');
  const reg = regIn(box, shallow.dir);

  test('has no answer', async () => {
    for (const args of [
      ['which', 'churn', 'prod'],
      ['latest', 'churn'],
      ['show', 'churn@v0.0.1'],
    ])
      expect(await reg(...args)).toMatchObject({
        code: 1,
        stdout: '',
        stderr: 'error: this clone has no tag of the registry\nhint: get them with: reg sync\n',
      });
    expect(await reg('show')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('churn\t?\t?\tpartial'),
    });
    expect(await reg('history')).toMatchObject({ code: 1, stdout: '' });
    expect(await reg('which', '#prod')).toMatchObject({ code: 1, stdout: '' });
  });

  test('until the remote turns out to have none', async () => {
    const { registry, remote } = withRemote(box, 'new');
    registry.git('clone', '--quiet', '--depth=1', `file://${remote.dir}`, join(box.root, 'new-shallow'));
    const fresh = regIn(box, join(box.root, 'new-shallow'));
    expect((await fresh('show')).code).toBe(1);
    expect((await fresh('sync')).code).toBe(0);
    expect((await fresh('show')).code).toBe(0);
  });
});

describe('a clone with some of the tags', () => {
  const some = clone('some', '--no-tags');
  fetchTags(some, 'churn#prod#2', 'churn@v0.0.1', 'fraud@v0.0.1');
  const MODES = ['git', 'embedded'];
  const regOf = (mode: string) => regIn(box, some.dir, { REG_GIT: mode });

  const ASKED = [
    ['which', 'churn', 'prod'],
    ['which', 'churn', 'prod', '--at', 'now'],
    ['show', 'churn'],
    ['show', 'churn#prod'],
    ['history', 'churn'],
    ['describe', 'churn#prod'],
    ['load', 'churn#prod'],
  ];
  test.each(pairs(ASKED, MODES))('has no answer about that artifact: %j, with %s', async (args, mode) => {
    expect(await regOf(mode)(...args)).toMatchObject({ code: 1, stdout: '', stderr: MISSING('churn') });
  });

  test('says so in JSON', async () => {
    const json = await regOf('embedded')('which', 'churn', 'prod', '--json');
    expect(JSON.parse(json.stderr)).toMatchObject({ error: { code: 'TAGS_MISSING' } });
  });

  const note =
    'tags of churn are missing in this clone, and its versions are not shown; get them with: reg sync\n';
  const OTHERS: [string[], object][] = [
    [['latest', 'fraud'], { code: 0, stdout: 'v0.0.1\n' }],
    [
      ['show'],
      { code: 1, stderr: note, stdout: expect.stringMatching(/^churn\t\?\t\?\tpartial\nfraud\tv0\.0\.1/) },
    ],
    [['history'], { code: 1, stderr: note, stdout: expect.stringMatching(/^(?!.*churn).*fraud/s) }],
    [['which', '#prod'], { code: 1, stdout: '', stderr: note }],
  ];
  test.each(pairs(OTHERS, MODES))('answers about the others: %j, with %s', async ([args, answer], mode) => {
    expect(await regOf(mode)(...args)).toMatchObject(answer);
  });
});

test('what the hint says helps', async () => {
  const reg = regIn(box, join(box.root, 'some'));
  expect((await reg('sync')).code).toBe(0);
  expect((await reg('which', 'churn', 'prod')).stdout).toBe('v0.0.2\n');
  expect((await reg('show')).code).toBe(0);
});

test('a tag that was deleted is not missing', async () => {
  const { registry, remote } = withRemote(box, 'deleted');
  await hourlyIn(box, registry)(
    'register churn --push',
    'assign churn@v0.0.1 prod --push',
    'assign churn@v0.0.1 dev --push',
    'unassign churn prod --delete --yes --push',
  );
  const here = regIn(box, registry.dir);
  expect((await here('which', 'churn', 'dev')).stdout).toBe('v0.0.1\n');
  registry.git('clone', '--quiet', `file://${remote.dir}`, join(box.root, 'deleted-clone'));
  // another clone cannot know until it has asked
  const there = regIn(box, join(box.root, 'deleted-clone'));
  expect((await there('which', 'churn', 'dev')).code).toBe(1);
  expect((await there('sync')).code).toBe(0);
  expect((await there('which', 'churn', 'dev')).stdout).toBe('v0.0.1\n');
  expect((await there('history')).code).toBe(0);
});
