import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openWeb } from '../../src/stores/http.js';
import type { ObjectStore } from '../../src/stores/port.js';
import { failure } from '../contract/stores-objects.js';
import { type FileServer, serveFiles } from '../support/file-server.js';
import * as faults from '../support/file-server-faults.js';
import { type Env, sandbox } from '../support/repo.js';

const box = sandbox();
const { BODY } = faults;
let server: FileServer;
let other: FileServer;
beforeAll(async () => {
  server = await serveFiles(box.root);
  other = await serveFiles(box.root);
  server.put('model.bin', BODY);
  server.put('model.tar.gz', BODY);
  server.put('empty.bin', new Uint8Array());
});
afterEach(() => {
  server.be();
  server.requests.length = 0;
  other.requests.length = 0;
});
afterAll(async () => {
  await server.close();
  await other.close();
});

const LOOPBACK = { REG_HTTP_PRIVATE: 'allow' };
const open = (env: Env = LOOPBACK, url = server.url): Promise<ObjectStore> => openWeb(url, { env });

describe('what a key may be', () => {
  it.each([
    '',
    '..',
    '../x',
    'a/../../x',
    '/x',
    '%2e%2e/x?',
    'a%2fb?',
    'x#y?',
    'a\\b',
    'x\0',
    '\n',
    '\\\\other/x?',
  ])('not %j', async (key) => {
    expect((await failure((await open()).stat(key))).code).toBe('SOURCE_PATH');
    expect((await failure((await open()).read(key))).code).toBe('SOURCE_PATH');
    expect(server.requests).toEqual([]);
  });
});

describe('a web server as a store', () => {
  it('can neither list nor be written to', async () => {
    const store = await open();
    expect((await failure(store.list(''))).code).toBe('SOURCE_UNSUPPORTED');
    const bytes = Readable.from([BODY]);
    expect((await failure(store.write('x', bytes, 10))).code).toBe('SOURCE_UNSUPPORTED');
    expect(bytes.destroyed).toBe(true);
  });

  it('is a folder, whose address has no query', async () => {
    expect((await open(LOOPBACK, 'https://ann:canary@host/a')).shown).toBe('https://host/a/');
    const error = await failure(open(LOOPBACK, 'https://ann:canary@host/a?canary'));
    expect(error.code).toBe('SOURCE_UNSUPPORTED');
    expect(error.message).not.toContain('canary');
  });
});
