import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { download } from '../../src/models/download.js';
import { type LfsServer, pointerTo, serveLfs } from '../support/lfs-server.js';
import { pathWithoutLfs, readingIn } from '../support/lfs-server-reading.js';
import { type Repository, sandbox } from '../support/repo.js';

const box = sandbox();
const { find, read, failure } = readingIn(box, true);
const WITHOUT_LFS = { PATH: pathWithoutLfs(box) };
let server: LfsServer;
let research: Repository;
beforeAll(async () => {
  server = await serveLfs(box);
  research = box.repository('research');
});
afterAll(() => server.close());
beforeEach(() => {
  server.requests.length = 0;
});

const repo = (): string => `${server.url}/research/.git`;
const batches = (): { objects: { oid: string; size: number }[] }[] =>
  server.requests.filter(({ line }) => line.startsWith('POST ')).map(({ body }) => JSON.parse(body));
const downloads = (): typeof server.requests => server.requests.filter(({ line }) => line.startsWith('GET '));

describe('over http, with no git-lfs on PATH', () => {
  test('the bytes behind a pointer come from the server next to the repository', async () => {
    const bytes = randomBytes(1000);
    const commit = research.commit({ 'm.bin': server.put(bytes) });
    const got = await read({ repo: repo(), commit, path: 'm.bin', env: WITHOUT_LFS });
    expect(got.equals(bytes)).toBe(true);
    const [batch, ...others] = server.requests;
    expect(batch?.line).toBe('POST /research/.git/info/lfs/objects/batch');
    expect(batch?.headers).toMatchObject({
      accept: 'application/vnd.git-lfs+json',
      'content-type': 'application/vnd.git-lfs+json',
    });
    expect(batches()[0]).toEqual({
      operation: 'download',
      transfers: ['basic'],
      hash_algo: 'sha256',
      objects: [{ oid: expect.stringMatching(/^[0-9a-f]{64}$/), size: 1000 }],
    });
    expect(others.map(({ line }) => line.split('?')[0])).toEqual([
      `GET /storage/${batches()[0]?.objects[0]?.oid}`,
    ]);
  });

  test('an empty file needs no request', async () => {
    const commit = research.commit({ 'm.bin': pointerTo(Buffer.alloc(0)) });
    const got = await read({ repo: repo(), commit, path: 'm.bin', env: WITHOUT_LFS });
    expect(got.length).toBe(0);
    expect(downloads()).toEqual([]);
  });

  test('a file that is no pointer stays as it is', async () => {
    const text = 'version https://git-lfs.example.com/spec/v1\n';
    const commit = research.commit({ 'm.bin': text });
    const got = await read({ repo: repo(), commit, path: 'm.bin', env: WITHOUT_LFS });
    expect(got.toString()).toBe(text);
    expect(server.requests).toEqual([]);
  });

  test('a broken pointer is refused by its name', async () => {
    const commit = research.commit({ 'm.bin': server.put(Buffer.from('x')).replace('size 1', 'size one') });
    expect(await failure({ repo: repo(), commit, path: 'm.bin', env: WITHOUT_LFS })).toMatchObject({
      code: 'SOURCE_UNSUPPORTED',
      message: "m.bin begins as a Git LFS pointer does, but its size 'one' is not a number of bytes",
    });
  });
});

test('a folder: pointers in one request, the same bytes once, and plain files as they are', async () => {
  const [first, second] = [randomBytes(500), randomBytes(700)];
  const commit = research.commit({
    'model/a.bin': server.put(first),
    'model/deep/b.bin': server.put(second),
    'model/deep/c.bin': server.put(first),
    'model/config.json': '{}',
  });
  const model = await find({ repo: repo(), commit, path: 'model' });
  expect(server.requests).toEqual([]);
  expect(model.files.map(({ path, size, ranges }) => ({ path, size, ranges }))).toEqual([
    { path: 'a.bin', size: 500, ranges: true },
    { path: 'config.json', size: 2, ranges: false },
    { path: 'deep/b.bin', size: 700, ranges: true },
    { path: 'deep/c.bin', size: 500, ranges: true },
  ]);
  const to = join(box.root, 'folder');
  await download(model, to, () => undefined);
  expect(readFileSync(join(to, 'a.bin')).equals(first)).toBe(true);
  expect(readFileSync(join(to, 'deep/b.bin')).equals(second)).toBe(true);
  expect(readFileSync(join(to, 'deep/c.bin')).equals(first)).toBe(true);
  expect(readFileSync(join(to, 'config.json'), 'utf8')).toBe('{}');
  expect(batches().map(({ objects }) => objects.map(({ size }) => size))).toEqual([[500, 700]]);
});

test('more than a hundred files are asked for in several requests', async () => {
  const files = Array.from({ length: 230 }, (_, n) => [
    `many/${n}.bin`,
    server.put(Buffer.from(`bytes ${n}`)),
  ]);
  const commit = research.commit(Object.fromEntries(files));
  const to = join(box.root, 'many');
  await download(await find({ repo: repo(), commit, path: 'many' }), to, () => undefined);
  expect(readFileSync(join(to, '229.bin'), 'utf8')).toBe('bytes 229');
  const counts = batches().map(({ objects }) => objects.length);
  expect(counts.sort((a, b) => b - a)).toEqual([100, 100, 30]);
});

test('50 MB come in parts, and what was written before is not fetched again', async () => {
  const bytes = randomBytes(50_000_000);
  const commit = research.commit({ 'large.bin': server.put(bytes) });
  const model = await find({ repo: repo(), commit, path: 'large.bin' });
  const to = join(box.root, 'large.bin');
  await download(model, to, () => undefined);
  expect(readFileSync(to).equals(bytes)).toBe(true);
  const ranges = downloads().map(({ headers }) => headers.range ?? '');
  expect(ranges.length).toBeGreaterThan(3);
  expect(ranges).toContain('bytes=0-8388607');
  expect(batches()).toHaveLength(1);

  server.requests.length = 0;
  const [file] = model.files;
  const tail: Buffer[] = [];
  for await (const chunk of (await file?.open({ start: 49_999_000, end: 50_000_000 })) ?? [])
    tail.push(chunk);
  expect(Buffer.concat(tail).equals(bytes.subarray(49_999_000))).toBe(true);
  expect(downloads().map(({ headers }) => headers.range)).toEqual(['bytes=49999000-49999999']);
});

test('a load that is cancelled ends at once, and what came is left for the next one', async () => {
  const bytes = randomBytes(64_000_000);
  const commit = research.commit({ 'cancelled.bin': server.put(bytes) });
  const ending = new AbortController();
  const model = await find({ repo: repo(), commit, path: 'cancelled.bin', signal: ending.signal });
  const to = join(box.root, 'cancelled.bin');
  let seen = 0;
  const cancelled = download(model, to, (count) => {
    seen += count;
    if (seen > 9_000_000) ending.abort();
  });
  await expect(cancelled).rejects.toMatchObject({ code: 'INTERRUPTED' });
  expect(statSync(to).size).toBeGreaterThan(8_000_000);
  expect(statSync(to).size).toBeLessThan(bytes.length);
  await download(await find({ repo: repo(), commit, path: 'cancelled.bin' }), to, () => undefined);
  expect(readFileSync(to).equals(bytes)).toBe(true);
});

test('a server that hangs is given up when the load is cancelled', async () => {
  const commit = research.commit({ 'hung.bin': server.put(randomBytes(100)) });
  const ending = new AbortController();
  const model = await find({ repo: repo(), commit, path: 'hung.bin', signal: ending.signal });
  server.fail({ on: 'batch', fault: 'hangs' });
  const hung = download(model, join(box.root, 'hung.bin'), () => undefined);
  const asked = async (): Promise<void> => {
    while (server.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    ending.abort();
  };
  const [result] = await Promise.allSettled([hung, asked()]);
  server.fail();
  expect(result).toMatchObject({ status: 'rejected', reason: { code: 'INTERRUPTED' } });
});

describe('places that the server names', () => {
  let bucket: LfsServer;
  let front: LfsServer;
  beforeAll(async () => {
    bucket = await serveLfs(box, { token: 'secret-token' });
    front = await serveLfs(box, {
      login: 'ann:secret',
      token: 'secret-token',
      storage: () => bucket.url.replace('127.0.0.1', 'localhost'),
    });
  });
  afterAll(() => Promise.all([bucket.close(), front.close()]));

  const asked = (commit: string, env = {}) => ({
    repo: `${front.url.replace('://', '://ann:secret@')}/research/.git`,
    commit,
    path: 'm.bin',
    env,
  });

  test('another host gets the headers that the server gave for it, and no login', async () => {
    const bytes = randomBytes(300);
    front.put(bytes);
    const commit = research.commit({ 'm.bin': bucket.put(bytes) });
    const got = await read(asked(commit, { REG_HTTP_PRIVATE: 'allow' }));
    expect(got.equals(bytes)).toBe(true);
    expect(front.requests.map(({ headers }) => headers.authorization)).toEqual([
      `Basic ${Buffer.from('ann:secret').toString('base64')}`,
    ]);
    expect(bucket.requests).toHaveLength(1);
    expect(bucket.requests[0]?.headers).toMatchObject({ 'x-token': 'secret-token' });
    expect(bucket.requests[0]?.headers.authorization).toBeUndefined();
  });

  test('one in a private network, where the remote is not, is not asked', async () => {
    const bytes = randomBytes(300);
    front.put(bytes);
    const commit = research.commit({ 'm.bin': bucket.put(bytes) });
    const before = bucket.requests.length;
    const { code, message } = await failure(asked(commit));
    expect({ code, message }).toEqual({
      code: 'REMOTE_FAILED',
      message: expect.stringContaining('localhost is an address of a private network'),
    });
    expect(message).not.toContain('signature');
    expect(bucket.requests.length).toBe(before);
  });
});

test('nothing is written to the repository of the source', async () => {
  const bytes = randomBytes(100);
  const commit = research.commit({ 'm.bin': server.put(bytes) });
  research.git('remote', 'add', 'origin', repo());
  const got = await read({ repo: research.dir, commit, path: 'm.bin' });
  research.git('remote', 'remove', 'origin');
  expect(got.equals(bytes)).toBe(true);
  expect(existsSync(join(research.dir, '.git/lfs'))).toBe(false);
});
