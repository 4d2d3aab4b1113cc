import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { RegistryRepository } from '../../src/git/port.js';
import { type Repository, sandbox } from '../support/repo.js';
import { cases, pairs } from '../support/soak.js';
import { benchOver, URL_READINGS, urlBench } from './bench.js';
import { NOWHERE } from './broken.js';
import { embeddedLocal } from './embedded-bench.js';

const box = sandbox();

type Named = Repository & { oids: Record<string, string> };

/** Four commits, A to D, with names for most of them. */
function makeOriginal(): Named {
  const made = box.repository('original');
  const oids: Record<string, string> = {};
  for (const letter of 'ABCD') oids[letter] = made.commit({ 'model.bin': letter }, `Change ${letter}`);
  oids.v1 = made.tag('v1', 'The first good one', 'HEAD~2');
  oids.churn = made.tag('churn#prod#1');
  for (const tagName of ['light', 'both']) made.git('tag', tagName, 'HEAD~2');
  for (const branch of ['side', 'abcd', 'feature/x']) made.git('branch', branch, 'HEAD~1');
  made.git('branch', 'both');
  oids.tree = made.git('rev-parse', 'HEAD:');
  oids.file = made.git('rev-parse', 'HEAD:model.bin');
  return { ...made, oids };
}

const original = makeOriginal();

/** A copy of these commits. */
function makeHistory(name: string): Named {
  cpSync(original.dir, join(box.root, name), { recursive: true });
  return { ...box.at(name), oids: original.oids };
}

let caches = 0;
const newCache = (): string => {
  caches += 1;
  return join(box.root, `cache-${caches}`);
};

type Reading = readonly [kind: string, open: (made: Repository) => RegistryRepository];
const LOCAL: readonly Reading[] = [
  ['git', (made) => benchOver(box, made).repository],
  ['embedded', (made) => embeddedLocal(box, made)],
];
const AT_URL: readonly Reading[] = URL_READINGS.map(([kind, reading]) => [
  kind,
  (made) => urlBench(box, made, reading, newCache()).repository,
]);
const READINGS: readonly Reading[] = [...LOCAL, ...AT_URL];

/** The words for each commit, and for none; `{A}` stands for an id, `{A 9}` for the beginning of one. */
const WORDS: Record<string, readonly string[]> = {
  D: ['HEAD', '@', 'main', 'heads/main', 'refs/heads/main', 'churn#prod#1', '{D}'],
  // `abcd` could be the beginning of an id
  C: ['abcd', 'side', 'feature/x', 'HEAD~1', '@~1', 'main^', '{C}', '{C 9}', '{D}~1', '{D 8}~1'],
  // of `both` the tag comes before the branch (gitrevisions(7))
  B: ['v1', 'tags/v1', 'refs/tags/v1', 'light', 'v1^0', 'v1^{}', 'v1^{commit}', '{v1}', 'main~2', 'both'],
  A: ['v1^', 'v1~1', 'refs/tags/v1~1', '{A}', '{A 7}', '{B}^', 'main~3', 'HEAD^{/Change A}'],
  none: [
    ...['no-such', NOWHERE, 'deadbeef', '{A}~1', 'HEAD~4', 'HEAD^2', 'HEAD^{tree}', '{tree}', '{file}'],
    ...['', '-x', '--all', '--upload-pack=x', 'a b', 'a:b', 'main:model.bin', ':/Change', 'x@{1}', '@{u}'],
    ...['^main', '~1', '^', 'side..main', 'main...side', '+main', '!main', '*', 'refs/heads/*', 'a\\b'],
    ...['main\n+refs/heads/*:refs/heads/*', 'main\0', '/main', 'main/', '.', 'main.lock', '$HOME', '`id`'],
    ...['heads', 'refs', 'reg', 'refs/reg/wanted', 'FETCH_HEAD', 'x'.repeat(3000)],
  ],
};
const REVS = Object.entries(WORDS).flatMap(([letter, revs]) => revs.map((rev) => [rev, letter] as const));

/** Reflogs and messages. */
const NEEDS_GIT = /@\{|^:\/|\^\{\//;

const written = (rev: string, oids: Record<string, string>): string =>
  rev.replace(/^\{(\w+)(?: (\d+))?\}/, (all, name, length) => oids[name]?.slice(0, length) ?? all);

/** Words in turn, and the commits that they name. */
const IN_TURN: readonly (readonly [readonly string[], readonly (string | undefined)[]])[] = [
  [
    ['main', 'main~2'],
    ['D', 'B'],
  ],
  [
    ['v1', 'v1^'],
    ['B', 'A'],
  ],
  [
    ['main', 'HEAD^{/Change B}'],
    ['D', 'B'],
  ],
  [
    ['main~1', 'main~3', '{A 9}'],
    ['C', 'A', 'A'],
  ],
  [
    ['main', 'side', 'v1', 'churn#prod#1', '{A 9}'],
    ['D', 'C', 'B', 'D', 'A'],
  ],
  [
    ['main', 'side', 'light', '{B 9}~1', '{A}'],
    ['D', 'C', 'B', 'A', 'A'],
  ],
  [
    ['refs/tags/v1', '{v1}'],
    ['B', 'B'],
  ],
  [
    ['{A}', '{B}', '{B}~1', 'no-such', 'main'],
    ['A', 'B', 'A', undefined, 'D'],
  ],
];

const isEmbedded = ([kind]: Reading): boolean => kind.startsWith('embedded');

/** The rows that a reading goes through: those of this machine take turns, and so do those at a URL. */
function rowsFor<Row>(reading: Reading, all: readonly Row[], needsGit: (row: Row) => boolean): Row[] {
  const group = LOCAL.includes(reading) ? LOCAL : AT_URL;
  const able = group.filter((one) => !isEmbedded(one));
  return [
    ...pairs(
      all.filter((row) => !needsGit(row)),
      group,
    ),
    ...pairs(all.filter(needsGit), able),
  ].flatMap(([row, one]) => (one === reading ? [row] : []));
}

describe.each(READINGS.map((reading) => ({ kind: reading[0], reading })))(
  'the commit that words name: $kind',
  ({ kind, reading }) => {
    const [, open] = reading;
    const made = makeHistory(kind);
    const words = rowsFor(reading, REVS, ([rev]) => NEEDS_GIT.test(rev));
    // at a URL each has a cache of its own, which takes its time: all words for none share one
    const sharesCache = (letter: string): boolean =>
      AT_URL.includes(reading) && letter === 'none' && cases(1, 0) === 0;

    test.each(words.filter(([, letter]) => !sharesCache(letter)))('%j is %s', async (rev, letter) => {
      const commit = await open(made).objects.commit(written(rev, made.oids));
      expect(commit).toBe(made.oids[letter]);
    });

    test.each(Object.keys(WORDS).filter(sharesCache))('the words for %s', async (letter) => {
      const repository = open(made);
      for (const [rev] of words.filter(([, one]) => one === letter))
        expect([rev, await repository.objects.commit(written(rev, made.oids))]).toEqual([
          rev,
          made.oids[letter],
        ]);
    });

    // a commit that came without its history, or a tag, must not be taken for more than it is
    test.each(rowsFor(reading, IN_TURN, ([revs]) => revs.some((rev) => NEEDS_GIT.test(rev))))(
      'nothing depends on what was asked for before: %j',
      async (revs, letters) => {
        const repository = open(made);
        const answers = [];
        for (const rev of revs) answers.push(await repository.objects.commit(written(rev, made.oids)));
        expect(answers).toEqual(letters.map((letter) => letter && made.oids[letter]));
      },
    );

    test('names are read again each time', async () => {
      const moving = makeHistory(`${kind}-moving`);
      const repository = open(moving);
      const ask = () => Promise.all(['main', 'light', 'side'].map((rev) => repository.objects.commit(rev)));
      const { A, B, C, D } = moving.oids;
      expect(await ask()).toEqual([D, B, C]);
      moving.git('tag', '--force', 'light', A ?? '');
      moving.git('branch', '--delete', '--force', 'side');
      const E = moving.commit();
      expect(await ask()).toEqual([E, A, undefined]);
    });
  },
);

const WITHOUT_GIT = READINGS.filter(isEmbedded);
test.each(
  pairs(
    REVS.filter(([rev]) => NEEDS_GIT.test(rev)),
    WITHOUT_GIT,
  ).map(([[rev], [kind, open]]) => ({ rev, kind, open })),
)('$rev is refused without the git program: $kind', async ({ rev, kind, open }) => {
  await expect(open(makeHistory(`${kind}-refused`)).objects.commit(rev)).rejects.toMatchObject({
    code: 'UNKNOWN_REV',
    hint: expect.stringContaining('git'),
  });
});

describe.each(URL_READINGS)('a remote that cannot be reached: %s', (kind, reading) => {
  test('no word is taken for unknown there, but a commit that is known stays known', async () => {
    const made = makeHistory(`${kind}-gone`);
    const { repository } = urlBench(box, made, reading);
    const { A = '', D = '' } = made.oids;
    expect(await repository.objects.commit('main')).toBe(D);
    rmSync(made.dir, { recursive: true });
    const revs = ['HEAD', 'main', 'v1', 'no-such', 'main~2', A, A.slice(0, 9), NOWHERE];
    for (const [rev] of pairs(revs, URL_READINGS).filter(([, one]) => one[0] === kind))
      await expect(repository.objects.commit(rev)).rejects.toMatchObject({ code: 'REMOTE_FAILED' });
    expect(await repository.objects.commit(D)).toBe(D);
    expect(await repository.objects.commit('--upload-pack=x')).toBeUndefined();
  });
});

test.each([
  ['the beginning of an id in capitals', ({ oids }: Named) => oids.C?.slice(0, 9).toUpperCase() ?? ''],
  ['what git describe says', ({ git }: Named) => git('describe', '--long', 'HEAD~1')],
])('less usual words mean at a URL what they mean in a clone: %s', async (what, revOf) => {
  const made = makeHistory(what);
  const rev = revOf(made);
  expect(await benchOver(box, made).repository.objects.commit(rev)).toBe(made.oids.C);
  const { repository } = urlBench(box, made, { filters: true, env: {} }, newCache());
  expect(await repository.objects.commit(rev)).toBe(made.oids.C);
});
