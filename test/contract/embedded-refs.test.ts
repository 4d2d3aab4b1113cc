import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openRefs, type Refs } from '../../src/git/files/refs.js';
import { isBrokenRef } from '../../src/git/port.js';
import { type Repository, sandbox } from '../support/repo.js';

const box = sandbox();

function opened(made: Repository): Refs {
  const gitDir = join(made.dir, '.git');
  return openRefs(gitDir, gitDir);
}

/** All refs as git lists them. */
const listedBy = ({ git }: Repository): Map<string, string> =>
  new Map(
    git('for-each-ref', '--format=%(refname) %(objectname)')
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split(' ') as [string, string]),
  );

async function expectTheSame(made: Repository): Promise<void> {
  const refs = opened(made);
  const expected = listedBy(made);
  const listed = await refs.list('refs/');
  expect(listed.map(({ name, oid }) => [name, oid])).toEqual(
    [...expected].sort(([a], [b]) => (a < b ? -1 : 1)),
  );
  for (const [name, oid] of expected) expect(await refs.read(name)).toBe(oid);
  expect(await refs.read('HEAD')).toBe(made.git('rev-parse', 'HEAD'));
}

function makeRefs(name: string): Repository {
  const made = box.repository(name);
  for (const content of ['one', 'two']) made.commit({ 'model.bin': content });
  for (const tag of ['churn@v1.0.0', 'churn#prod#1', 'models/deep/er=x@v1.0.0', 'churn#eu/prod#2'])
    made.tag(tag);
  made.git('tag', 'light', 'HEAD~1');
  made.git('branch', 'feature/x', 'HEAD~1');
  return made;
}

describe('refs are those that git lists', () => {
  test.each<[string, (made: Repository) => void]>([
    ['in files', () => undefined],
    ['packed', ({ git }) => git('pack-refs', '--all')],
    [
      'names that git does not take for one',
      (made) => {
        const oid = made.git('rev-parse', 'churn@v1.0.0');
        mkdirSync(join(made.dir, '.git/refs/tags/x.lock'));
        for (const name of ['a..b@v1.0.0', '.a=b@v1.0.0', 'x.lock/a@v1.0.0', 'b@v1.0.0.'])
          writeFileSync(join(made.dir, '.git/refs/tags', name), `${oid}\n`);
      },
    ],
    [
      'a file before what is packed',
      ({ git }) => {
        git('pack-refs', '--all');
        git('tag', '--force', 'light', 'HEAD');
        git('branch', '--delete', '--force', 'feature/x');
        git('tag', '--delete', 'churn@v1.0.0');
      },
    ],
    [
      'symbolic ones',
      ({ git }) => {
        git('symbolic-ref', 'refs/tags/alias', 'refs/tags/light');
        git('symbolic-ref', 'refs/tags/alias-too', 'refs/tags/alias');
        git('symbolic-ref', 'refs/remotes/origin/HEAD', 'refs/heads/main');
        git('pack-refs', '--all');
      },
    ],
    ['HEAD on a commit itself', ({ git }) => git('checkout', '--quiet', '--detach', 'HEAD~1')],
    [
      'without packed ones, and folders that hold nothing',
      ({ dir }) => mkdirSync(join(dir, '.git/refs/tags/empty/x'), { recursive: true }),
    ],
    [
      'locks of other processes',
      ({ writeTagRef }) => {
        writeTagRef('churn@v9.0.0.lock', '');
        writeTagRef('locked/churn@v9.0.0.lock', 'x');
      },
    ],
  ])('%s', async (what, change) => {
    const made = makeRefs(what);
    change(made);
    await expectTheSame(made);
  });

  test.each([
    ['no bytes', ''],
    ['no id', 'garbage\n'],
    ['too short an id', '0123\n'],
    ['an id of zeros', `${'0'.repeat(40)}\n`],
  ])('a file that holds %s is a broken ref, and hides no other', async (what, content) => {
    const made = makeRefs(what);
    made.writeTagRef('churn@v2.0.0', content);
    const listed = await opened(made).list('refs/tags/churn@');
    expect(listed.map(({ name, oid }) => [name, isBrokenRef({ oid })])).toEqual([
      ['refs/tags/churn@v1.0.0', false],
      ['refs/tags/churn@v2.0.0', true],
    ]);
    expect(await opened(made).read('refs/tags/churn@v2.0.0')).toBeUndefined();
  });

  test.each([
    ['is cut off', (text: string) => text.slice(0, -3)],
    ['is cut off in an id', (text: string) => `${text}0123456`],
    ['has line ends of Windows', (text: string) => text.replaceAll('\n', '\r\n')],
    ['has another line', (text: string) => `${text}<<<<<<< HEAD\n`],
  ])('a file of packed refs that %s is an error, as in git', async (what, edit) => {
    const made = makeRefs(what);
    made.git('pack-refs', '--all');
    const file = join(made.dir, '.git/packed-refs');
    writeFileSync(file, edit(readFileSync(file, 'utf8')));
    await expect(opened(made).list('refs/tags/')).rejects.toMatchObject({
      code: 'GIT_FAILED',
      message: expect.stringContaining('packed-refs'),
    });
  });

  test.each([
    ['a symbolic ref to nothing', 'ref: refs/heads/gone\n'],
    ['a symbolic ref to itself', 'ref: refs/tags/churn@v2.0.0\n'],
  ])('a file that holds %s is no ref, and hides no other', async (what, content) => {
    const made = makeRefs(what);
    made.writeTagRef('churn@v2.0.0', content);
    const listed = await opened(made).list('refs/tags/churn@');
    expect(listed.map(({ name }) => name)).toEqual(['refs/tags/churn@v1.0.0']);
    expect(await opened(made).read('refs/tags/churn@v2.0.0')).toBeUndefined();
  });
});

test('only what begins as asked is listed, whatever its folder begins with', async () => {
  const made = makeRefs('starts');
  const names = async (...starts: string[]) => (await opened(made).list(...starts)).map(({ name }) => name);
  for (const pack of [() => undefined, () => made.git('pack-refs', '--all')]) {
    pack();
    expect(await names('refs/tags/churn@', 'refs/tags/churn#')).toEqual([
      'refs/tags/churn#eu/prod#2',
      'refs/tags/churn#prod#1',
      'refs/tags/churn@v1.0.0',
    ]);
    expect(await names('refs/tags/models/deep/er=x@')).toEqual(['refs/tags/models/deep/er=x@v1.0.0']);
    expect(await names('refs/tags/nobody@')).toEqual([]);
  }
});

test('what a tag leads to is known where it is packed, and of a lightweight one that it leads nowhere', async () => {
  const made = makeRefs('peeled');
  made.git('pack-refs', '--all');
  const peeled = new Map((await opened(made).list('refs/tags/')).map((ref) => [ref.name, ref.peeled]));
  expect(peeled.get('refs/tags/churn@v1.0.0')).toBe(made.git('rev-parse', 'HEAD'));
  expect(peeled.get('refs/tags/light')).toBeNull();
});

test('packed refs without the word "fully-peeled" do not show which tags are annotated', async () => {
  const made = makeRefs('old-list');
  const oid = made.git('rev-parse', 'refs/tags/churn@v1.0.0');
  rmSync(join(made.dir, '.git/refs/tags'), { recursive: true });
  writeFileSync(
    join(made.dir, '.git/packed-refs'),
    `# pack-refs with: peeled \n${oid} refs/tags/churn@v1.0.0\n`,
  );
  expect(await opened(made).list('refs/tags/')).toEqual([{ name: 'refs/tags/churn@v1.0.0', oid }]);
});

test('no ref is missed while another process packs and writes', async () => {
  const made = makeRefs('busy');
  const names = Array.from({ length: 50 }, (_, index) => `fraud@v1.0.${index}`);
  for (const name of names) made.git('tag', name);
  let isBusy = true;
  const keepBusy = async (): Promise<void> => {
    for (let round = 0; round < 12; round += 1)
      for (const args of [
        ['pack-refs', '--all'],
        ...names.slice(0, 6).map((name) => ['tag', '--force', name, `HEAD~${round % 2}`]),
      ])
        await new Promise<void>((resolve, reject) => {
          execFile('git', args, { cwd: made.dir, env: box.env }, (error) =>
            error ? reject(error) : resolve(),
          );
        });
    isBusy = false;
  };
  const busy = keepBusy();
  let rounds = 0;
  for (; isBusy; rounds += 1) {
    const listed = await opened(made).list('refs/tags/fraud@');
    expect(listed).toHaveLength(names.length);
    expect(await opened(made).read('refs/tags/fraud@v1.0.0')).toMatch(/^[0-9a-f]{40}$/);
  }
  await busy;
  expect(rounds).toBeGreaterThan(5);
});
