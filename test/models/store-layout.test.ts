import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { digestFiles, digestOf } from '../../src/models/digest.js';
import { knownDigests } from '../../src/models/listing.js';
import { locate } from '../../src/models/locate.js';
import { putModel } from '../../src/models/put.js';
import { keyOf, listKeyOf } from '../../src/models/store-layout.js';
import { storeOpener } from '../../src/stores/open.js';
import { joinObjectUrl } from '../../src/stores/url.js';
import { type FileServer, serveFiles } from '../support/file-server.js';
import { fileIn, folderOf } from '../support/models.js';

const root = mkdtempSync(join(tmpdir(), 'reg-layout-'));
const around = { env: { REG_HTTP_PRIVATE: 'allow' } };
const stores = storeOpener(around);
const sources = { openSource: () => Promise.reject(new Error('no repository is opened')) };
let server: FileServer;
beforeAll(async () => {
  server = await serveFiles(root);
});
afterAll(async () => {
  await server.close();
  rmSync(root, { recursive: true, force: true });
});

const model = folderOf(fileIn('a b/ü.bin', 'abc'), fileIn('same', 'abc'), fileIn('empty', ''));
const NAME = 'my model';

/** Puts the model into a store of this name; gives its key. */
async function put(name: string): Promise<string> {
  const { digest, files } = await digestFiles(model);
  const key = keyOf(digest, NAME);
  let bytes = 0;
  const store = await stores.openStore(join(root, name));
  expect(await putModel(store, key, { ...model, files }, (count) => (bytes += count))).toMatchObject({
    isNew: true,
  });
  expect(bytes).toBe(digest.size);
  return key;
}

it.each([
  ['a folder', (name: string) => join(root, name)],
  ['a web server, which cannot list', (name: string) => `${server.url}${name}`],
])('a folder is found by its address at %s', async (what, urlOf) => {
  const name = what.replaceAll(/\W/g, '');
  const url = joinObjectUrl(urlOf(name), `${await put(name)}/`);
  const found = await locate({ kind: 'store', url }, { stores, around, sources });
  expect(found).toMatchObject({ kind: 'folder', name: NAME });
  expect(knownDigests(found.files)?.map(({ path, size }) => [path, size])).toEqual([
    ['a b/ü.bin', 3],
    ['same', 3],
    ['empty', 0],
  ]);
  expect(await digestOf(found)).toEqual(await digestOf(model));
  expect(await Promise.all(found.files.map((file) => file.isThere?.()))).toEqual([true, true, true]);
  expect(await readdir(join(root, name, 'files'))).toHaveLength(2);
});

it.each([
  ['a file more', (text: string) => `${text}${'0'.repeat(64)} 1 more\n`],
  ['another path', (text: string) => text.replace('same', '../same')],
  ['nothing', () => ''],
  ['lines that are none', () => 'a list\n'],
])('a list with %s is not that of its address', async (what, change) => {
  const key = await put(what);
  const list = join(root, what, listKeyOf(key));
  await writeFile(list, change(await readFile(list, 'utf8')));
  await expect(
    locate({ kind: 'store', url: join(root, what, key, '/') }, { stores, around, sources }),
  ).rejects.toMatchObject({ code: 'HASH_MISMATCH' });
});

it('a wrong size in a list is noticed when its file is read', async () => {
  const key = await put('sizes');
  const list = join(root, 'sizes', listKeyOf(key));
  await writeFile(list, (await readFile(list, 'utf8')).replaceAll(' 3 ', ' 2 '));
  const found = await locate(
    { kind: 'store', url: join(root, 'sizes', key, '/') },
    { stores, around, sources },
  );
  await expect(digestOf(found)).rejects.toMatchObject({
    code: expect.stringMatching(/TOO_LARGE|STORE_FAILED|HASH_MISMATCH/),
  });
});

it('a file of the name of a list that is elsewhere is a file', async () => {
  await mkdir(join(root, 'plain/model'), { recursive: true });
  await writeFile(join(root, 'plain/model/.reg-files'), 'mine');
  const found = await locate({ kind: 'store', url: join(root, 'plain/model/') }, { stores, around, sources });
  expect(found.files.map(({ path }) => path)).toEqual(['.reg-files']);
});
