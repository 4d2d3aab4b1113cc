import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { bytesOf } from '../../src/models/source.js';
import { type LfsServer, pointerTo, serveLfs } from '../support/lfs-server.js';
import type { LfsFault } from '../support/lfs-server-answers.js';
import { type Asked, readingIn } from '../support/lfs-server-reading.js';
import { sandbox } from '../support/repo.js';

const box = sandbox();
const { find, read, failure } = readingIn(box, true);
const bytes = randomBytes(2000);
const research = box.repository('research');
let server: LfsServer;
let asked: Asked;
beforeAll(async () => {
  server = await serveLfs(box);
  const commit = research.commit({ 'm.bin': server.put(bytes), 'missing.bin': pointerTo(randomBytes(9)) });
  // the second reading finds in the cache all that git itself has
  asked = { repo: `${server.url}/research/.git`, commit, path: 'm.bin', cache: 'cache' };
});
afterAll(() => server.close());
beforeEach(() => {
  server.requests.length = 0;
});
afterEach(() => server.fail());

const downloads = (): number => server.requests.filter(({ line }) => line.startsWith('GET ')).length;

describe('the batch API', () => {
  test.each<[LfsFault, string, string]>([
    [401, 'REMOTE_FAILED', 'answered 401: no: 401'],
    [403, 'REMOTE_FAILED', 'answered 403: no: 403'],
    [404, 'REMOTE_FAILED', 'answered 404: no: 404'],
    [410, 'REMOTE_FAILED', 'answered 410: no: 410'],
    [422, 'REMOTE_FAILED', 'answered 422: no: 422'],
    [429, 'REMOTE_FAILED', 'answered 429: no: 429'],
    [500, 'REMOTE_FAILED', 'answered 500: no: 500'],
    ['object 404', 'SOURCE_PATH', 'does not have the object'],
    ['object 410', 'SOURCE_PATH', 'was removed from the Git LFS server'],
    ['object 422', 'REMOTE_FAILED', 'it says 422 (no: 422)'],
    ['no JSON', 'REMOTE_FAILED', 'its answer is not that of the batch API'],
    ['no address', 'REMOTE_FAILED', 'no web address: file:///etc/passwd'],
    ['silent', 'REMOTE_FAILED', 'it says nothing about it'],
  ])('answers with %s', async (fault, code, message) => {
    server.fail({ on: 'batch', fault });
    const error = await failure(asked);
    expect({ code: error.code, message: error.message }).toEqual({
      code,
      message: expect.stringContaining(message),
    });
    expect(error.message).toContain(`${server.url}/research/.git/info/lfs`);
    expect(error.message).not.toContain('\n');
    expect(downloads()).toBe(0);
  });

  test('writes null for what it leaves out, as servers in Go do', async () => {
    server.fail({ on: 'batch', fault: 'nulls' });
    expect((await read(asked)).equals(bytes)).toBe(true);
  });

  test.each(['batch', 'download'] as const)('a server that is busy says for how long: %s', async (on) => {
    server.fail({ on, fault: 'busy' });
    const before = Date.now();
    const error = await failure(asked);
    expect(error).toMatchObject({ code: 'REMOTE_FAILED', hint: 'try again in 60 minutes' });
    expect(Date.now() - before).toBeLessThan(5000);
  });

  test('does not have an object: its file is named, and who can help', async () => {
    const error = await failure({ ...asked, path: 'missing.bin' });
    expect(error).toMatchObject({ code: 'SOURCE_PATH', hint: expect.stringContaining('git lfs push') });
    expect(error.message).toContain('of missing.bin (Object does not exist)');
  });

  test.each([429, 500] as const)('is asked again after a %i', async (fault) => {
    server.fail({ on: 'batch', fault, first: 1 });
    expect((await read(asked)).equals(bytes)).toBe(true);
  });

  test('never answers', async () => {
    server.fail({ on: 'batch', fault: 'hangs' });
    const error = await failure({ ...asked, env: { REG_TIMEOUT: '1' } });
    expect(error).toMatchObject({ code: 'REMOTE_FAILED', message: expect.stringContaining(server.url) });
  });
});

describe('the place of an object', () => {
  test.each<[LfsFault, string, string]>([
    [401, 'REMOTE_FAILED', 'it answered 401'],
    [403, 'REMOTE_FAILED', 'it answered 403'],
    [404, 'REMOTE_FAILED', 'it answered 404'],
    [422, 'REMOTE_FAILED', 'it answered 422'],
    [429, 'REMOTE_FAILED', 'it answered 429'],
    [500, 'REMOTE_FAILED', 'it answered 500'],
    ['short', 'REMOTE_FAILED', 'it has 1000 bytes there, not 2000'],
    ['long', 'REMOTE_FAILED', 'has more than the expected 2000 bytes'],
    ['wrong bytes', 'HASH_MISMATCH', 'the bytes of m.bin are not those that its source promises'],
    ['redirects', 'REMOTE_FAILED', 'private network'],
  ])('answers with %s', async (fault, code, message) => {
    server.fail({ on: 'download', fault });
    const error = await failure(asked);
    expect({ code: error.code, message: error.message }).toEqual({
      code,
      message: expect.stringContaining(message),
    });
    expect(error.message + error.hint).not.toContain('canary');
  });

  test('is asked for again when its time is over', async () => {
    server.fail({ on: 'download', fault: 403, first: 1 });
    expect((await read(asked)).equals(bytes)).toBe(true);
    expect(server.requests.map(({ line }) => line.split(' ')[0])).toEqual(['POST', 'GET', 'POST', 'GET']);
  });

  test('breaks off: the rest is asked for', async () => {
    server.fail({ on: 'download', fault: 'truncated', first: 2 });
    expect((await read(asked)).equals(bytes)).toBe(true);
    const ranges = server.requests.flatMap(({ headers }) => headers.range ?? []);
    expect(ranges).toEqual(['bytes=1000-1999', 'bytes=1500-1999']);
  });

  test('breaks off again and again', async () => {
    server.fail({ on: 'download', fault: 'truncated' });
    expect(await failure(asked)).toMatchObject({ code: 'REMOTE_FAILED' });
  });

  test('gives all whatever part is asked for: then it comes in one request', async () => {
    server.fail({ on: 'download', fault: 'no ranges' });
    const [file] = (await find(asked)).files;
    expect(file).toBeDefined();
    if (file === undefined) return;
    const rest: Uint8Array[] = [];
    for await (const chunk of bytesOf(file, { start: 500 })) rest.push(chunk);
    expect(Buffer.concat(rest).equals(bytes.subarray(500))).toBe(true);
    expect(server.requests.slice(-2).map(({ headers }) => headers.range)).toEqual([
      'bytes=500-1999',
      undefined,
    ]);
  });

  test('never answers', async () => {
    server.fail({ on: 'download', fault: 'hangs' });
    const error = await failure({ ...asked, env: { REG_TIMEOUT: '1' } });
    expect(error).toMatchObject({ code: 'REMOTE_FAILED', message: expect.stringContaining(server.url) });
  });
});

test('a server that is gone', async () => {
  const gone = await serveLfs(box);
  research.git('config', 'lfs.url', `${gone.url}/research/.git/info/lfs`);
  await gone.close();
  const error = await failure({ ...asked, repo: research.dir });
  research.git('config', '--unset', 'lfs.url');
  expect(error).toMatchObject({ code: 'REMOTE_FAILED', message: expect.stringContaining(gone.url) });
});
