import { join } from 'node:path';
import { expect, test } from 'vitest';
import { regIn, transcript } from '../support/cli-here.js';
import { type Repository, sandbox } from '../support/repo.js';
import { pairs } from '../support/soak.js';
import { pasteFix } from './findings.js';
import { makePlain, tagHourly } from './registry.js';

const box = sandbox();

/** A bare registry with events of three artifacts whose names begin alike, and a clone of it with a commit of its own. */
function makeClone(name: string, ...options: string[]): { origin: Repository; clone: Repository } {
  const source = makePlain(box, `${name}-source`, 'churn');
  tagHourly(box, source, 'churn@v1.0.0', 'churn#prod#1', 'churn/x@v7.0.0', 'churn2#prod#7', 'release-2020');
  source.git('clone', '--quiet', '--bare', '.', join(box.root, `${name}.git`));
  const origin = box.at(`${name}.git`);
  origin.git('clone', '--quiet', ...options, `file://${origin.dir}`, join(box.root, name));
  const clone = box.at(name);
  clone.commit();
  return { origin, clone };
}
const kind = ({ git }: Repository, tag: string): string => git('cat-file', '-t', `refs/tags/${tag}`);
/** What a checkout in CI does: the tag's commit under the tag's name. */
function lighten({ git }: Repository, ...tags: string[]): void {
  for (const tag of tags) {
    const [, commit = ''] = git('ls-remote', 'origin', `refs/tags/${tag}`, `refs/tags/${tag}^{}`).split('\n');
    git('fetch', '--quiet', '--no-tags', 'origin', `+${commit.slice(0, 40)}:refs/tags/${tag}`);
  }
}

/** What a write does in a clone, with the options of a write and a name for the clone. */
const CLONES: Record<string, (push: readonly string[], names: string) => Promise<void>> = {
  'in a clone without tags brings those of the artifact, and no others': async (push, names) => {
    const { origin, clone } = makeClone(`untagged-${names}`, '--no-tags');
    const run = await regIn(box, clone.dir)('assign', 'churn', 'prod', ...push);
    expect(run).toMatchObject({ stdout: 'churn@v1.0.1\nchurn#prod#2\n', code: 0 });
    expect(run.stderr).toMatch(/^fetched from origin first: churn#prod#1, churn@v1\.0\.0\n/);
    expect(clone.tags()).toEqual(['churn#prod#1', 'churn#prod#2', 'churn@v1.0.0', 'churn@v1.0.1']);
    expect(origin.tags()).toHaveLength(push.length === 0 ? 5 : 7);
  },
  'in a checkout of CI makes annotated tags of its lightweight ones': async (push, names) => {
    const { origin, clone } = makeClone(`light-${names}`, '--no-tags');
    lighten(clone, 'churn@v1.0.0', 'churn#prod#1', 'churn/x@v7.0.0');
    expect(kind(clone, 'churn#prod#1')).toBe('commit');
    const run = await regIn(box, clone.dir)('register', 'churn', ...push);
    expect(run).toMatchObject({ stdout: 'churn@v1.0.1\n', code: 0 });
    expect(run.stderr).toMatch(/^fetched from origin first: churn#prod#1, churn@v1\.0\.0\n/);
    for (const tag of ['churn@v1.0.0', 'churn#prod#1'])
      expect(clone.git('rev-parse', `refs/tags/${tag}`)).toBe(origin.git('rev-parse', `refs/tags/${tag}`));
    expect(kind(clone, 'churn/x@v7.0.0')).toBe('commit');
  },
  'in a clone that has another tag of that name is refused, until one of them is chosen': async (
    push,
    names,
  ) => {
    const { origin, clone } = makeClone(`other-${names}`);
    const source = box.at(`other-${names}-source`);
    origin.git(
      'fetch',
      '--quiet',
      source.dir,
      `+${source.tag('churn#prod#1', 'Moved', '--force')}:refs/tags/churn#prod#1`,
    );
    clone.commit();
    const reg = regIn(box, clone.dir);
    const before = clone.git('show-ref');
    const run = await reg('assign', 'churn', 'dev', ...push);
    expect(run).toMatchObject({ stdout: '', stderr: expect.stringContaining('churn#prod#1'), code: 1 });
    expect(JSON.parse((await reg('assign', 'churn', 'dev', '--json', ...push)).stderr)).toMatchObject({
      error: { code: 'BEHIND_REMOTE' },
    });
    expect(clone.git('show-ref')).toBe(before);
    pasteFix(box, clone, /git fetch .*$/m.exec(run.stderr)?.[0] ?? '');
    expect(await reg('assign', 'churn', 'dev', ...push)).toMatchObject({ code: 0 });
    expect(clone.git('tag', '--list', '--format=%(subject)', 'churn#prod#1')).toBe('Moved');
  },
  'that has nothing to do brings them as well': async (push, names) => {
    const { clone } = makeClone(`standing-${names}`, '--no-tags');
    const run = await regIn(box, clone.dir)('assign', 'churn@v1.0.0', 'prod', ...push);
    expect(run.stderr).toContain('churn v1.0.0 already is current in prod');
    expect(clone.tags()).toEqual(['churn#prod#1', 'churn@v1.0.0']);
  },
};

test.each(pairs(Object.keys(CLONES), ['here', 'pushed']))('a write %s, %s', (what, names) =>
  CLONES[what]?.(names === 'pushed' ? ['--push'] : [], names),
);

test('a name that something lightweight has at the remote is taken', async () => {
  const { origin, clone } = makeClone('taken');
  origin.git('tag', 'churn#prod#9', 'main');
  expect(await regIn(box, clone.dir)('assign', 'churn', 'prod')).toMatchObject({
    stdout: 'churn@v1.0.1\nchurn#prod#10\n',
    code: 0,
  });
  expect(clone.tags()).not.toContain('churn#prod#9');
});

test('a dry run decides on what the remote has, which it fetches, and creates nothing', async () => {
  const { clone } = makeClone('dry', '--no-tags');
  const run = await regIn(box, clone.dir)('register', 'churn', '--dry-run');
  expect(run).toMatchObject({ stdout: 'churn@v1.0.1\n', code: 0 });
  expect(clone.tags()).toEqual(['churn#prod#1', 'churn@v1.0.0']);
});

test('in words', async () => {
  const { origin, clone } = makeClone('words', '--no-tags');
  const reg = regIn(box, clone.dir);
  clone.tag('churn@v1.0.0', 'Another one');
  const refused = await reg('register', 'churn');
  clone.git('tag', '--delete', 'churn@v1.0.0');
  expect(transcript(refused, await reg('register', 'churn'))).toMatchInlineSnapshot(`
    "$ reg register churn
    -- stderr --
    error: origin has other tags of churn than this repository under the same names: churn@v1.0.0
    hint: nothing was written; to take those of origin: git fetch --no-tags origin +refs/tags/churn@v1.0.0:refs/tags/churn@v1.0.0
    -- exit 1 --

    $ reg register churn
    churn@v1.0.1
    -- stderr --
    fetched from origin first: churn#prod#1, churn@v1.0.0
    hint: git push origin refs/tags/churn@v1.0.1
    "
  `);
  expect(origin.tags()).toHaveLength(5);
});
