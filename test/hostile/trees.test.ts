import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { openRepository } from '../../src/git/open.js';
import { openSources as openSourcesWithGit } from '../../src/git/open-with-git.js';
import { openSources } from '../../src/git/open-without-git.js';
import { download } from '../../src/models/download.js';
import { gitModel } from '../../src/models/git.js';
import { sandbox } from '../support/repo.js';
import { pairs, turnsOf } from '../support/soak.js';
import { makeHostileResearch } from './batch.js';
import { codeOf, type Row, rowsOf, textIn } from './corpus.js';
import { type RawEntry, rawObjects } from './objects.js';

/** What an entry leads to: the text of a file or of a link, the entries of a folder, or something that is out of order. */
type Content =
  | string
  | Entry[]
  | { oid: string }
  | { raw: string }
  | { deep: number }
  | { wide: number }
  | { as: 'blob'; content: string }
  | { as: 'tree'; entries: Entry[] }
  | { as: 'commit' };
type Entry = [mode: string, name: string, content: Content];
type Committed = { path: string } & ({ tree: Entry[] } | { top: string });

const box = sandbox();
const cache = join(box.root, 'cache');
const repository = box.repository('trees');
const objects = rawObjects(repository);
const { blob, tree, rawTree, commit } = objects;

function oidOf(content: Content): string {
  if (typeof content === 'string') return blob(content);
  if (Array.isArray(content)) return tree(...content.map(rawEntry));
  if ('oid' in content) return content.oid;
  if ('raw' in content) return rawTree(Buffer.from(content.raw, 'base64'));
  if ('deep' in content) return levels(content.deep);
  if ('wide' in content) return files(content.wide);
  switch (content.as) {
    case 'blob':
      return blob(content.content);
    case 'tree':
      return oidOf(content.entries);
    case 'commit':
      return commit(tree());
  }
}

const rawEntry = ([mode, name, content]: Entry): RawEntry => [mode, name, oidOf(content)];

function levels(count: number): string {
  let oid = tree(['100644', 'b', blob('bytes')]);
  for (let level = 1; level < count; level += 1) oid = tree(['40000', 'a', oid]);
  return oid;
}

function files(count: number): string {
  const oid = blob('x');
  const names = Array.from({ length: count }, (_, n) => String(n).padStart(9, '0'));
  return tree(...names.map((name): RawEntry => ['100644', name, oid]));
}

const rows = rowsOf<Committed>('trees');
const committed = new Map<Row<Committed>, string>(
  rows.map((row) => [row, commit('top' in row.input ? row.input.top : oidOf(row.input.tree))]),
);

const OPENERS = { 'the git program': openSourcesWithGit, 'no git program': openSources };

const openersInTurn = Object.entries(OPENERS).map(
  ([how, opener], place, all) => [how, opener, turnsOf(place, all.length)] as const,
);

describe.each(openersInTurn)('with %s, a commit with', (_how, opener, turns) => {
  const read = async (oid: string, path: string, target: string): Promise<void> => {
    // nothing may go on for ever, nor when the test has given up
    const around = { env: box.env, signal: AbortSignal.timeout(45_000) };
    const source = await opener(cache, around).openSource({ kind: 'path', path: repository.dir });
    await download(await gitModel(source, oid, path, around), target, () => undefined);
  };

  test.each(turns.rows(rows.map((row, number) => ({ ...row, row, number }))))(
    '$what is refused',
    async ({ row, number, input: { path }, code }) => {
      const target = join(box.root, 'out', opener.name, String(number), 'model');
      // where no git runs none can fail: what is damaged counts as not there
      const expected = code === 'GIT_FAILED' && opener === openSources ? 'SOURCE_PATH' : code;
      expect(await codeOf(() => read(committed.get(row) ?? '', path, target))).toBe(expected);
      expect(readdirSync(box.root).sort()).toEqual(ALLOWED.filter((one) => existsSync(join(box.root, one))));
    },
  );

  test('a folder that is right is read, so that the others are not refused for nothing', async () => {
    const oid = commit(tree(['40000', 'm', oidOf([['100644', 'a', 'bytes']])]));
    const target = join(box.root, 'out', opener.name, 'right');
    await read(oid, 'm', target);
    expect(readdirSync(target)).toEqual(['a']);
  });
});

/** Everything that may be at the top of the sandbox. */
const ALLOWED = ['cache', 'home', 'out', 'research', 'template', 'trees'];

describe('a rev that is', () => {
  const research = makeHostileResearch(box);
  const around = { env: box.env };
  const PLACES = {
    'the git program': () =>
      openSourcesWithGit(cache, around).openSource({ kind: 'path', path: research.dir }),
    'no git program': () => openSources(cache, around).openSource({ kind: 'path', path: research.dir }),
    'the git program at a URL': () =>
      openRepository(pathToFileURL(research.dir).href, box.root, cache, around),
  };
  const cases = pairs(rowsOf('revs'), Object.entries(PLACES)).map(([row, [how, open]]) => ({
    ...row,
    how,
    open,
  }));
  test.each(cases)('$what names no commit, with $how', async ({ input, open, code }) => {
    const found = async (): Promise<string | undefined> => (await open()).objects.commit(textIn(input));
    // without the git program some revs are refused because of what they look like
    const ended = await codeOf(async () => expect(await found()).toBeUndefined());
    expect(['it was accepted', code]).toContain(ended);
  });

  test.each(Object.entries(PLACES))('a branch is one, with %s', async (_how, open) => {
    expect(await (await open()).objects.commit('main')).toBe(research.git('rev-parse', 'main'));
  });
});
