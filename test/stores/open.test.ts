import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { storeOpener } from '../../src/stores/open.js';
import { splitObjectUrl } from '../../src/stores/url.js';
import { type FileServer, serveFiles } from '../support/file-server.js';
import { sandbox } from '../support/repo.js';

const box = sandbox();
const top = join(box.root, 'my models');
let server: FileServer;
beforeAll(async () => {
  mkdirSync(top);
  writeFileSync(join(top, 'a b.bin'), 'bytes');
  server = await serveFiles(box.root);
});
afterAll(() => server.close());

const opener = storeOpener({
  env: { REG_HTTP_PRIVATE: 'allow', AZURE_STORAGE_ACCOUNT: 'me', AZURE_STORAGE_KEY: btoa('key') },
});

describe('opening a store', () => {
  it.each<[string, () => string]>([
    ['an absolute path', () => join(top, 'a b.bin')],
    ['a file URL', () => pathToFileURL(join(top, 'a b.bin')).href],
    ['an http URL', () => `${server.url}my%20models/a%20b.bin`],
    ['an http URL with a query', () => `${server.url}my%20models/a%20b.bin?sig=x`],
    ['an http URL as few write it', () => `${server.url}my%20models/%61%20b.bin`],
  ])('and reading what is at %s', async (_what, url) => {
    const { folder, name } = splitObjectUrl(url());
    const store = await opener.openStore(folder);
    expect(await store.stat(name)).toMatchObject({ key: name, size: 5, ranges: true });
    expect(await text(await store.read(name))).toBe('bytes');
  });

  it('is the same with and without a slash at the end', async () => {
    for (const url of [top, `${top}/`, `${server.url}my%20models`, `${server.url}my%20models/`])
      expect(await (await opener.openStore(url)).stat('a b.bin'), url).toMatchObject({ size: 5 });
  });

  it.each([
    ['s3://bucket/a', 's3://bucket/a'],
    ['gs://bucket/a', 'gs://bucket/a'],
    ['gcs://bucket/a/', 'gcs://bucket/a'],
    ['az://box/a', 'az://box/a'],
    ['azure://box/a', 'azure://box/a'],
    ['https://ann:secret@host/a', 'https://host/a/'],
    ['file:///mnt/a', 'file:///mnt/a'],
    ['/mnt/a/', 'file:///mnt/a'],
  ])('at %s sends no request yet', async (url, shown) => {
    expect((await opener.openStore(url)).shown).toBe(shown);
  });

  it.each(['ext::sh -c id', './store', 'ftp://host/x', 'C:\\store', ''])('at %j is refused', async (url) => {
    await expect(opener.openStore(url)).rejects.toMatchObject({ code: 'SOURCE_UNSUPPORTED' });
  });
});
