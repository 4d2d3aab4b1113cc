import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { regIn, transcript } from '../support/cli-here.js';
import { type Repository, sandbox } from '../support/repo.js';
import { pairs } from '../support/soak.js';
import { makePlain, tagHourly } from './registry.js';

const box = sandbox();
const CHURN = ['churn#dev#2', 'churn#prod#1', 'churn@v1.0.0', 'churn@v1.1.0', 'churn@v1.2.0'];

/** A registry of six commits; events of two artifacts are on the second, third, fourth and last one. */
function makeOrigin(name: string): Repository {
  const origin = makePlain(box, name, 'churn', 'fraud');
  origin.commit();
  tagHourly(box, origin, 'churn@v1.0.0', 'fraud@v1.0.0');
  origin.commit();
  tagHourly(box, origin, 'churn#prod#1 HEAD~1', 'fraud@v1.1.0');
  origin.commit();
  tagHourly(box, origin, 'churn@v1.1.0');
  origin.commit();
  origin.commit();
  tagHourly(box, origin, 'churn@v1.2.0', 'churn#dev#2');
  return origin;
}

/** A clone by a URL, which is what makes git heed a depth, with two commits of its own. */
function makeClone(name: string, ...options: string[]): { origin: Repository; clone: Repository } {
  const origin = makeOrigin(`${name}-origin`);
  origin.git('clone', '--quiet', ...options, `file://${origin.dir}`, join(box.root, name));
  const clone = box.at(name);
  clone.commit();
  return { origin, clone };
}

const historyOf = ({ git }: Repository): string => git('log', '--format=%H %s');

test('a clone of depth 1: the tags of the artifact come first, and the number that follows is right', async () => {
  const { clone } = makeClone('shallow', '--depth=1');
  const history = historyOf(clone);
  expect(clone.tags()).toEqual(['churn#dev#2', 'churn@v1.2.0']);
  expect(transcript(await regIn(box, clone.dir)('assign', 'churn', 'prod'))).toMatchInlineSnapshot(`
    "$ reg assign churn prod
    churn@v1.2.1
    churn#prod#3
    -- stderr --
    fetched from origin first: churn#prod#1, churn@v1.0.0, churn@v1.1.0
    hint: git push origin refs/tags/churn@v1.2.1 'refs/tags/churn#prod#3'
    "
  `);
  expect(clone.tags()).toEqual([...CHURN, 'churn#prod#3', 'churn@v1.2.1'].sort());
  expect(historyOf(clone)).toBe(history);
  expect(clone.git('rev-parse', '--is-shallow-repository')).toBe('true');
});

describe('a clone without tags', () => {
  const turns = pairs([1, 3, 5], ['written here', 'pushed']);
  test.each(turns)('of depth %i, %s', async (depth, what) => {
    const push = what === 'pushed' ? ['--push'] : [];
    const { origin, clone } = makeClone(
      `${what.replace(' ', '-')}-${depth}`,
      `--depth=${depth}`,
      '--no-tags',
    );
    const history = historyOf(clone);
    expect(history.split('\n')).toHaveLength(depth + 1);
    const run = await regIn(box, clone.dir)('register', 'churn', ...push);
    expect(run).toMatchObject({ stdout: 'churn@v1.2.1\n', code: 0 });
    expect(run.stderr).toContain(`fetched from origin first: ${CHURN.join(', ')}`);
    expect(clone.tags()).toEqual([...CHURN, 'churn@v1.2.1']);
    expect(historyOf(clone)).toBe(history);
    if (push.length > 0) expect(origin.tags()).toContain('churn@v1.2.1');
    clone.git('fetch', '--quiet', '--unshallow', '--tags', 'origin');
    expect(historyOf(clone).split('\n')).toHaveLength(7);
    expect(clone.git('fsck', '--strict', '--no-dangling')).toBe('');
  });
});

test('what others did after a shallow clone was made comes with what led from there to it, and no more', async () => {
  const { origin, clone } = makeClone('later', '--depth=2');
  const history = historyOf(clone);
  box.advance(60);
  for (const tag of ['churn@v1.3.0', 'churn#prod#3']) {
    for (let n = 0; n < 3; n += 1) origin.commit();
    tagHourly(box, origin, tag);
  }
  const { stdout } = await regIn(box, clone.dir)('assign', 'churn', 'dev');
  expect(stdout).toBe('churn@v1.3.1\nchurn#dev#4\n');
  expect(historyOf(clone)).toBe(history);
  expect(clone.git('log', '--format=%H', 'churn#prod#3', '^HEAD').split('\n')).toHaveLength(6);
  clone.git('fetch', '--quiet', 'origin');
  expect(historyOf(clone)).toBe(history);
});

test('a tag whose commit is here costs a shallow clone no history', async () => {
  const { clone } = makeClone('near', '--depth=4', '--no-tags');
  clone.git(
    'fetch',
    '--quiet',
    '--no-tags',
    'origin',
    'refs/tags/churn@v1.0.0:refs/tags/churn@v1.0.0',
    '--depth=6',
  );
  const history = historyOf(clone);
  const { stderr } = await regIn(box, clone.dir)('register', 'churn');
  expect(stderr).toContain(
    'fetched from origin first: churn#dev#2, churn#prod#1, churn@v1.1.0, churn@v1.2.0\n',
  );
  expect(historyOf(clone)).toBe(history);
});

test('a clone without files or folders', async () => {
  for (const filter of ['blob:none', 'tree:0']) {
    const origin = makeOrigin(`${filter.replace(':', '-')}-origin`);
    origin.git('config', 'uploadpack.allowFilter', 'true');
    const dir = join(box.root, `${filter.replace(':', '-')}`);
    origin.git('clone', '--quiet', '--no-tags', `--filter=${filter}`, '--bare', `file://${origin.dir}`, dir);
    const run = await regIn(box, dir)('register', 'churn', 'main~1');
    expect(run).toMatchObject({ stdout: 'churn@v1.2.1\n', code: 0 });
  }
});
