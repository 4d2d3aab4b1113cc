import { describe, expect, it } from 'vitest';
import type { ObjectReader, TreeEntry } from '../../src/git/port.js';
import { readGitModel } from '../../src/sources/git-model.js';

const COMMIT = 'a'.repeat(40);
const LFS = 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n';

/** A commit of these entries; a text is a file, and folders are there where paths say so. */
function objects(tree: Record<string, string | { type: TreeEntry['type'] }>): ObjectReader {
  const all = Object.entries(tree).map(([path, one]): TreeEntry => {
    return { path, type: typeof one === 'string' ? 'blob' : one.type, oid: path };
  });
  const below = (path: string): TreeEntry[] => all.filter((entry) => entry.path.startsWith(`${path}/`));
  return {
    resolveCommit: async () => COMMIT,
    entryAt: async (_commit, path) =>
      all.find((entry) => entry.path === path) ?? (below(path)[0] && { path, type: 'tree', oid: path }),
    entriesBelow: async (_commit, path) => below(path),
    readBlob: async (oid) => Buffer.from(String(tree[oid])),
  };
}

const read = (tree: Parameters<typeof objects>[0], path: string) => readGitModel(objects(tree), COMMIT, path);

describe('a model in git', () => {
  it('is a file, under its own name', async () => {
    const model = await read({ 'models/m.bin': 'abc', 'models/m.bin2': 'x' }, 'models/m.bin');
    expect(model).toMatchObject({ kind: 'file', size: 3, files: [{ path: 'm.bin' }] });
  });

  it('or a folder, under the paths inside it', async () => {
    const model = await read({ 'models/b': 'b', 'models/a/c': 'c', 'models2/d': 'd' }, 'models');
    expect(model).toMatchObject({ kind: 'folder', size: 2 });
    expect(model.files.map(({ path }) => path)).toEqual(['a/c', 'b']);
  });

  it.each<[string, Parameters<typeof objects>[0], string, string]>([
    ['nothing', { 'a/b': 'x' }, 'a/c', 'SOURCE_PATH'],
    ['a symbolic link', { m: { type: 'link' } }, 'm', 'SOURCE_PATH'],
    ['a submodule', { m: { type: 'commit' } }, 'm', 'SOURCE_PATH'],
    ['a folder with a symbolic link', { 'm/a': 'x', 'm/b': { type: 'link' } }, 'm', 'SOURCE_PATH'],
    ['a Git LFS pointer', { m: LFS }, 'm', 'SOURCE_UNSUPPORTED'],
    ['a folder with a Git LFS pointer', { 'm/a': LFS }, 'm', 'SOURCE_UNSUPPORTED'],
  ])('is not %s', async (_what, tree, path, code) => {
    await expect(read(tree, path)).rejects.toMatchObject({ code });
  });
});
