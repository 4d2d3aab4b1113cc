import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { RegError } from '../../src/errors.js';
import type { ObjectReader, TreeEntry } from '../../src/git/port.js';
import { readGitModel } from '../../src/sources/git-model.js';
import { placeModel } from '../../src/sources/target.js';

const COMMIT = 'a'.repeat(40);

/** A source whose folder `m` holds files at these paths; git lists and fetches trees with any entry names. */
function source(paths: readonly string[]): ObjectReader {
  const entries = paths.map((path): TreeEntry => ({ path: `m/${path}`, type: 'blob', oid: path }));
  return {
    resolveCommit: async () => COMMIT,
    entryAt: async (_commit, path) => ({ path, type: 'tree', oid: path }),
    entriesBelow: async () => entries,
    readBlob: async () => Buffer.from('bytes'),
  };
}

it.each([
  ['a folder above', '../above'],
  ['folders above', '../../../../above'],
  ['a folder above a folder', 'a/../../../above'],
  ['the folder where it is built', '../old/above'],
])('a model with a file in %s writes nothing outside its target', async (_what, path) => {
  const root = await mkdtemp(join(tmpdir(), 'reg-hostile-'));
  try {
    await mkdir(join(root, 'a/b'), { recursive: true });
    const load = readGitModel(source(['fine', path]), COMMIT, 'm').then((model) =>
      placeModel(model, join(root, 'a/b/m')),
    );
    await expect(load).rejects.toBeInstanceOf(RegError);
    const left = await readdir(root, { recursive: true });
    expect(left.sort()).toEqual(['a', 'a/b']);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});
