import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { lstat, mkdir, readdir, readFile, rename, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openModelCache } from '../../src/models/cache.js';
import { digestOf } from '../../src/models/digest.js';
import { fetchModel } from '../../src/models/fetch.js';
import { type PlacedModel, placeModel } from '../../src/models/place.js';
import type { SourceModel } from '../../src/models/source.js';
import { othersIn } from '../../src/models/target.js';
import { ownerName } from '../../src/util/files.js';
import { fileIn, folderOf } from '../support/models.js';

let root: string;
let mounts: string[] = [];
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'reg-target-'));
  await mkdir(at());
});
afterEach(() => {
  for (const one of mounts.reverse()) spawnSync('umount', [one]);
  mounts = [];
  rmSync(root, { recursive: true, force: true });
});

const at = (...parts: string[]): string => join(root, 'm', ...parts);
const v1 = (): SourceModel =>
  folderOf(fileIn('a/b.bin', 'b1'), fileIn('c.bin', 'same'), fileIn('d.bin', 'd1'));
const v2 = (): SourceModel =>
  folderOf(fileIn('a/b.bin', 'b2'), fileIn('c.bin', 'same'), fileIn('e.bin', 'e2'));

interface How {
  force?: boolean;
  open?: boolean;
  to?: string;
  signal?: AbortSignal;
  /** Runs between the download and the first file that is placed. */
  meanwhile?: () => Promise<unknown>;
}

/** Fetches and places a model, pinned to its bytes unless they are left open. */
async function load(
  model: SourceModel,
  { force, open, to = at(), signal, meanwhile }: How = {},
): Promise<PlacedModel> {
  const promises = open ? [{}] : [await digestOf(model)];
  const cache = openModelCache(join(root, 'cache'), Date.now);
  const verified = await fetchModel(
    { what: 'churn', name: 'churn', promises, model },
    { to, force },
    { cache },
  );
  await meanwhile?.();
  return placeModel(verified, cache, { signal });
}

async function put(files: Record<string, string>, below = at()): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(below, path)), { recursive: true });
    await writeFile(join(below, path), text);
  }
}

/** All files below a folder, with their text. */
async function tree(folder = at(), dir = ''): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of await readdir(join(folder, dir), { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) Object.assign(found, await tree(folder, path));
    else found[path] = entry.isSymbolicLink() ? 'a link' : await readFile(join(folder, path), 'utf8');
  }
  return found;
}

const V1 = { 'a/b.bin': 'b1', 'c.bin': 'same', 'd.bin': 'd1' };
const OTHERS = { 'notes.txt': 'mine', '.ssh/id': 'key', 'a/own.txt': 'mine too' };

describe('a folder that is there is a fine target (docs/specification.md, 5 Commands, Loading)', () => {
  it('an empty one, and its own place is never taken', async () => {
    const { ino } = await lstat(at());
    expect(await load(v1())).toEqual({ path: at(), others: 0 });
    expect(await tree()).toEqual(V1);
    expect((await lstat(at())).ino).toBe(ino);
  });

  it.each([[{}], [{ force: true }], [{ open: true }]])(
    'one with other files, which stay (%o)',
    async (how) => {
      await put(OTHERS);
      expect(await load(v1(), how)).toEqual({ path: at(), others: 3 });
      expect(await tree()).toEqual({ ...OTHERS, ...V1 });
    },
  );

  it('the same model again is left alone, without a word', async () => {
    await put(OTHERS);
    await load(v1());
    for (const path of Object.keys(V1)) await utimes(at(path), 1, 1);
    for (const how of [{}, { force: true }, { open: true }])
      expect(await load(v1(), how)).toEqual({ path: at(), others: undefined });
    for (const path of Object.keys(V1)) expect((await lstat(at(path))).mtimeMs).toBe(1000);
  });

  it('with another version only what differs is replaced, and only with force', async () => {
    await load(v1());
    await put(OTHERS);
    await utimes(at('c.bin'), 1, 1);
    const before = await tree();
    for (const open of [false, true])
      await expect(load(v2(), { open })).rejects.toThrow(
        `${at()} already has files of the model with other content: a/b.bin`,
      );
    expect(await tree()).toEqual(before);
    expect(await load(v2(), { force: true })).toEqual({ path: at(), others: 4 });
    expect(await tree()).toEqual({ ...before, 'a/b.bin': 'b2', 'e.bin': 'e2' });
    expect((await lstat(at('c.bin'))).mtimeMs).toBe(1000);
  });

  it('a size, or a digest of the source, that differs is refused before anything is fetched', async () => {
    await put({ 'c.bin': 'much longer' });
    const file = fileIn('c.bin', 'same');
    const model = folderOf(file, fileIn('x', 'x'));
    const promises = [await digestOf(model)];
    file.asked.length = 0;
    const cache = openModelCache(join(root, 'cache'), Date.now);
    const wanted = { what: 'churn', name: 'churn', promises, model };
    await expect(fetchModel(wanted, { to: at() }, { cache })).rejects.toMatchObject({ code: 'FILE_EXISTS' });
    expect(file.asked).toEqual([]);
  });

  it('a read-only file is replaced, as its folder takes it', async () => {
    await put({ 'c.bin': 'old' });
    chmodSync(at('c.bin'), 0o444);
    await load(v1(), { force: true });
    expect(await tree()).toEqual(V1);
  });

  it('a copy in the cache has the files of the model and no others', async () => {
    await put(OTHERS);
    await load(v1());
    const { sha256 } = await digestOf(v1());
    expect(await tree(join(root, 'cache/models', sha256, 'churn'))).toEqual(V1);
  });
});

describe('what no load replaces, with force or without', () => {
  it.each([
    [
      'a file in place of a folder',
      () => put({ a: 'mine' }),
      'a: it is a file, and the model has a folder there',
    ],
    [
      'a folder in place of a file',
      () => put({ 'c.bin/x': 'mine' }),
      'c.bin: it is a folder, and the model has a file',
    ],
    [
      'an empty folder in place of a file',
      () => mkdir(at('c.bin')),
      'c.bin: it is a folder, and the model has a file',
    ],
    [
      'a link out of the target',
      () => symlink(root, at('a')),
      'a: it is a symbolic link, and the model has a folder',
    ],
    [
      'a link to a folder inside',
      async () => {
        await mkdir(at('inside'));
        await symlink('inside', at('a'));
      },
      'a: it is a symbolic link, and the model has a folder',
    ],
    ['a broken link on the way', () => symlink('nowhere', at('a')), 'a: it is a symbolic link'],
    [
      'the inside of a repository',
      () => put({ HEAD: '', 'objects/x': '', 'refs/x': '' }),
      'is the inside of a git repository',
    ],
  ])('%s', async (_what, prepare, message) => {
    await prepare();
    const before = await tree();
    for (const force of [false, true]) await expect(load(v1(), { force })).rejects.toThrow(message);
    expect(await tree()).toEqual(before);
    expect(await readdir(root)).toEqual(['m']);
  });

  it('a link in place of a file is replaced itself, with force alone', async () => {
    await writeFile(join(root, 'canary'), 'alive');
    await symlink(join(root, 'canary'), at('c.bin'));
    await expect(load(v1())).rejects.toMatchObject({ code: 'FILE_EXISTS' });
    await load(v1(), { force: true });
    expect(await tree()).toEqual(V1);
    expect(await readFile(join(root, 'canary'), 'utf8')).toBe('alive');
  });

  it('what came while the model was fetched', async () => {
    const meanwhile = () => put({ 'd.bin': 'another' });
    await expect(load(v1(), { meanwhile })).rejects.toThrow('with other content: d.bin');
    expect(await tree()).toEqual({ 'd.bin': 'another' });
    const away = { to: join(root, 'new'), meanwhile: () => put({ 'd.bin': 'another' }, join(root, 'new')) };
    await expect(load(v1(), away)).rejects.toThrow('with other content: d.bin');
    expect(await tree(join(root, 'new'))).toEqual({ 'd.bin': 'another' });
  });
});

describe('a load that ended between two files', () => {
  it('says what is half written, and the next one completes it', async () => {
    let asked = 0;
    const signal = {
      get aborted() {
        asked += 1;
        return asked > 2;
      },
    } as AbortSignal;
    const run = load(v1(), { signal });
    await expect(run).rejects.toMatchObject({ code: 'INTERRUPTED' });
    await expect(run).rejects.toThrow('is half written, with 2 of the 3 files');
    expect(Object.keys(await tree())).toHaveLength(2);
    await load(v1());
    expect(await tree()).toEqual(V1);
  });

  it('what a killed one left is removed by the next; what others may still write stays', async () => {
    const { pid } = spawnSync('true');
    const name = (owner: string): string => `.m.open.${crypto.randomUUID()}.${owner}.part`;
    const gone = name(ownerName().replace(/\d+$/, String(pid)));
    const running = name(ownerName());
    await put({ [`${gone}/c.bin`]: 'half', [`${running}/c.bin`]: 'half', '.mine.part': 'mine' });
    expect(await load(v1())).toEqual({ path: at(), others: 1 });
    expect(await tree()).toEqual({ ...V1, [`${running}/c.bin`]: 'half', '.mine.part': 'mine' });
  });
});

it('another spelling of a path is the same file where letter case does not count', async () => {
  await put({ 'C.bin': '', 'other.bin': '' });
  const model = { files: [{ path: 'c.bin' }] };
  expect(await othersIn(at(), model.files)).toBe(2);
  // a hard link stands for a file system that finds one name under the other
  spawnSync('ln', [at('C.bin'), at('c.bin')]);
  expect(await othersIn(at(), model.files)).toBe(1);
});

const mayMount = process.getuid?.() === 0 && spawnSync('mount', ['--version']).status === 0;

describe.runIf(mayMount)('a mount', () => {
  const mount = (path: string): boolean => {
    const done = spawnSync('mount', ['-t', 'tmpfs', 'none', path]).status === 0;
    if (done) mounts.push(path);
    return done;
  };

  it('is a fine target, also where its parent takes nothing', async ({ skip }) => {
    const parent = join(root, 'parent');
    const to = join(parent, 'models');
    await mkdir(parent);
    if (!mount(parent)) skip();
    await mkdir(to);
    mount(to);
    // a mount cannot be renamed, and nothing can be made beside it
    await expect(rename(to, join(parent, 'n'))).rejects.toMatchObject({ code: 'EBUSY' });
    spawnSync('mount', ['-o', 'remount,ro', parent]);
    await expect(mkdir(join(parent, 'n'))).rejects.toMatchObject({ code: 'EROFS' });
    await put(OTHERS, to);
    expect(await load(v1(), { to })).toEqual({ path: to, others: 3 });
    await load(v2(), { to, force: true });
    expect(await tree(to)).toEqual({ ...OTHERS, ...V1, 'a/b.bin': 'b2', 'e.bin': 'e2' });
  });

  it('may be a folder inside the target', async ({ skip }) => {
    await mkdir(at('a'));
    if (!mount(at('a'))) skip();
    await load(v1());
    await load(v2(), { force: true });
    expect(await tree()).toEqual({ ...V1, 'a/b.bin': 'b2', 'e.bin': 'e2' });
    expect(await readdir(at('a'))).toEqual(['b.bin']);
  });

  it('that has no room is left as it was', async ({ skip }) => {
    if (!mount(at())) skip();
    spawnSync('mount', ['-o', 'remount,size=64k', at()]);
    await put({ 'c.bin': 'mine' });
    const large = folderOf(fileIn('c.bin', 'c'), fileIn('large', 'x'.repeat(1_000_000)));
    await expect(load(large, { force: true })).rejects.toMatchObject({ code: 'FILE_SYSTEM' });
    expect(await tree()).toEqual({ 'c.bin': 'mine' });
  });
});
