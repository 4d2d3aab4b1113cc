import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openGitRepository } from '../../src/git/program/repository.js';
import { type Repository, START, sandbox } from '../support/repo.js';
import { readersInTurn } from './bench.js';
import { embeddedLocal } from './embedded-bench.js';

const box = sandbox();

/** Two commits, two branches from the second, and their merge. */
const original = box.repository('original');
const commit = (subject: string): string => {
  box.advance(60);
  return original.commit({}, subject);
};
const first = commit('first');
const fork = commit('fork');
const main = [commit('main 1'), commit('main 2\n\nwith more')];
original.git('checkout', '--quiet', '-b', 'side', fork);
const side = [commit('side 1'), commit('side 2')];
original.git('checkout', '--quiet', 'main');
box.advance(60);
original.git('merge', '--quiet', '--no-ff', '-m', 'merge', 'side');
const merge = original.git('rev-parse', 'HEAD');

// what led to a commit is not kept in memory
const readers = readersInTurn().filter(([kind]) => kind !== 'memory');
describe.each(readers)('history: %s', (kind, makeBench, turns) => {
  const name = `${kind}-history`;
  const bench = makeBench(box, name);
  // the configuration is that of the bench
  cpSync(original.dir, join(box.root, name), {
    recursive: true,
    filter: (path) => path !== join(original.dir, '.git/config'),
  });
  const between = async (from = '', to = '', most = 10) =>
    (await bench.repository.history.between(from, to, most))?.map(({ subject }) => subject);

  test.each(
    turns.rows([
      ['forward', first, main[1], ['main 2', 'main 1', 'fork']],
      ['back', main[1], first, []],
      ['the same', main[0], main[0], []],
      ['across', main[1], side[1], ['side 2', 'side 1']],
      ['a merge', fork, merge, ['merge', 'side 2', 'side 1', 'main 2', 'main 1']],
      ['from one parent of a merge', main[1], merge, ['merge', 'side 2', 'side 1']],
    ]),
  )('%s', async (_what, from, to, subjects) => {
    expect(await between(from, to)).toEqual(subjects);
  });

  turns.test('at most so many, the newest', async () => {
    expect(await between(first, main[1], 2)).toEqual(['main 2', 'main 1']);
  });

  turns.test('who, when and what', async () => {
    const [found] = (await bench.repository.history.between(first, fork, 1)) ?? [];
    expect(found).toMatchObject({
      commit: fork,
      author: 'Ann Lee',
      email: 'ann@example.com',
      subject: 'fork',
    });
    expect(found?.time).toBeGreaterThan(START);
  });

  turns.test('a commit that is not there', async () => {
    expect(await between(first, 'a'.repeat(40))).toBeUndefined();
    expect(await between('a'.repeat(40), first)).toBeUndefined();
  });
});

test.each([
  ['git', (clone: Repository) => openGitRepository(clone.dir, box)],
  ['embedded', (clone: Repository) => embeddedLocal(box, clone)],
])('a history that was cut off: %s', async (kind, open) => {
  const origin = box.repository(`${kind}-origin`);
  const commits = [origin.commit(), origin.commit()];
  const name = `${kind}-shallow`;
  origin.git('clone', '--quiet', '--depth=1', `file://${origin.dir}`, `../${name}`);
  expect(await open(box.at(name)).history.between(commits[1] ?? '', commits[1] ?? '', 1)).toBeUndefined();
});

test.each([
  ['git', (made: Repository) => openGitRepository(made.dir, box)],
  ['embedded', (made: Repository) => embeddedLocal(box, made)],
])('what two commits have in common: %s', async (kind, open) => {
  const made = box.repository(`${kind}-merge-base`);
  const commit = (): string => {
    box.advance(60);
    return made.commit();
  };
  const fork = [commit(), commit()].at(-1) ?? '';
  const main = commit();
  made.git('checkout', '--quiet', '-b', 'side', fork);
  const side = commit();
  made.git('checkout', '--quiet', '--orphan', 'apart');
  const apart = commit();
  const repository = open(made);
  const base = (one: string, other: string) => repository.history.mergeBase(one, other);
  expect(await base(main, side)).toBe(fork);
  expect(await base(side, main)).toBe(fork);
  expect(await base(main, fork)).toBe(fork);
  expect(await base(main, main)).toBe(main);
  expect(await base(main, apart)).toBeUndefined();
  expect(await base(main, 'a'.repeat(40))).toBeUndefined();
});
