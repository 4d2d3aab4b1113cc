import { createHash } from 'node:crypto';
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openModelCache } from '../../src/models/cache.js';
import { digestOf } from '../../src/models/digest.js';
import { fetchModel } from '../../src/models/fetch.js';
import { openHashes } from '../../src/models/hashes.js';
import { placeModel } from '../../src/models/place.js';
import { modelOnDisk } from '../../src/models/source.js';
import { cloned } from '../../src/util/safe-files.js';
import { stampAt } from '../../src/util/stamp.js';
import { fileIn, oneFile } from '../support/models.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'reg-hashes-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const at = (name: string): string => join(root, name);
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const hashes = (how: { rehash?: boolean } = {}) => openHashes(at('cache'), Date.now, how);
const HOUR_S = 3600;

/** Writes a file whose time is long ago. */
function write(name: string, text: string): void {
  writeFileSync(at(name), text);
  utimesSync(at(name), Date.now() / 1000 - HOUR_S, Date.now() / 1000 - HOUR_S + 0.123456);
}

async function hashed(name: string, how: { rehash?: boolean } = {}): Promise<string> {
  const model = await modelOnDisk(at(name));
  return model ? (await digestOf(model, hashes(how))).sha256 : 'nothing';
}

/** Writes an entry that says something else of a file as it is now. */
async function lie(name: string): Promise<void> {
  const memory = hashes();
  const stamp = stampAt(at(name));
  if (stamp) (await memory.in(root)).note(at(name), stamp, '0'.repeat(64), Date.now());
  await memory.save();
}

describe('a file that was hashed before (docs/specification.md, 4 Link files, Hashes)', () => {
  it('is not read again while it is what it was, unless all is to be hashed', async () => {
    write('m', 'one');
    expect(await hashed('m')).toBe(sha256('one'));
    await lie('m');
    expect(await hashed('m')).toBe('0'.repeat(64));
    expect(await hashed('m', { rehash: true })).toBe(sha256('one'));
    expect(await hashed('m')).toBe(sha256('one'));
  });

  it.each([
    ['written in place', () => writeFileSync(at('m'), 'two')],
    [
      'written in place, with its size and time set back',
      () => {
        const { atime, mtime } = statSync(at('m'));
        writeFileSync(at('m'), 'two');
        utimesSync(at('m'), atime, mtime);
      },
    ],
    [
      'replaced by a file of the same time',
      () => {
        const { atime, mtime } = statSync(at('m'));
        rmSync(at('m'));
        writeFileSync(at('m'), 'two');
        utimesSync(at('m'), atime, mtime);
      },
    ],
  ])('is read again when it was %s', async (_how, change) => {
    write('m', 'one');
    expect(await hashed('m')).toBe(sha256('one'));
    await sleep(25);
    change();
    expect(await hashed('m')).toBe(sha256('two'));
  });

  it('has no entry where it was written just now: a second write could have the same time', async () => {
    writeFileSync(at('m'), 'one');
    const memory = openHashes(at('cache'), () => statSync(at('m')).mtimeMs);
    const model = await modelOnDisk(at('m'));
    if (model) await digestOf(model, memory);
    const stamp = stampAt(at('m'));
    expect(stamp && (await hashes().in(root)).find(at('m'), stamp)).toBeUndefined();
  });

  it('has none after a damaged file of entries', async () => {
    write('m', 'one');
    await lie('m');
    const [name = ''] = readdirSync(at('cache/hashes'));
    writeFileSync(join(at('cache/hashes'), name), 'nonsense\n\0');
    expect(await hashed('m')).toBe(sha256('one'));
  });
});

describe('a load of a file of this machine', () => {
  const load = async (how: { rehash?: boolean } = {}): Promise<string> => {
    const model = await modelOnDisk(at('m'));
    if (model === undefined) throw new Error('nothing there');
    const tools = { cache: openModelCache(at('cache'), Date.now), hashes: hashes(how) };
    const promises = [{ sha256: sha256('one') }];
    const verified = await fetchModel(
      { what: 'churn', name: 'm', promises, model },
      { to: at('out') },
      tools,
    );
    return (await placeModel(verified, tools.cache, tools)).path;
  };

  it('keeps no second copy in the cache, and knows the target when it is asked again', async () => {
    write('m', 'one');
    await load();
    expect(readFileSync(at('out'), 'utf8')).toBe('one');
    expect(() => statSync(at('cache/models'))).toThrow();
    const stamp = stampAt(at('out'));
    expect(stamp && (await hashes().in(root)).find(at('out'), stamp)).toBe(sha256('one'));
  });

  it('sees that the target, or the source, was edited in place', async () => {
    write('m', 'one');
    await load();
    await sleep(25);
    writeFileSync(at('out'), 'two');
    await expect(load()).rejects.toMatchObject({ code: 'FILE_EXISTS' });
    rmSync(at('out'));
    writeFileSync(at('m'), 'two');
    await expect(load()).rejects.toMatchObject({ code: 'HASH_MISMATCH' });
  });
});

describe('a copy that shares blocks', () => {
  it('is made where the file system can', async () => {
    write('m', 'one');
    const asked: number[] = [];
    const made = await cloned(at('m'), at('copy'), async (from, to, mode) => {
      asked.push(mode);
      writeFileSync(to, readFileSync(from));
    });
    expect([made, readFileSync(at('copy'), 'utf8')]).toEqual([true, 'one']);
    // fs.constants: COPYFILE_EXCL and COPYFILE_FICLONE_FORCE
    expect(asked).toEqual([1 | 4]);
  });

  it('leaves nothing where it cannot', async () => {
    write('m', 'one');
    const made = await cloned(at('m'), at('copy'), async (_from, to) => {
      writeFileSync(to, 'half');
      throw new Error('ENOTSUP');
    });
    expect(made).toBe(false);
    expect(() => statSync(at('copy'))).toThrow();
  });
});

describe('a cache whose files are linked (docs/specification.md, 5 Commands, The cache)', () => {
  const fetch = async (name: string) => {
    const cache = openModelCache(at('cache'), Date.now, 'link');
    const memory = openHashes(at('cache'), Date.now, { mode: 'link' });
    const model = await cache.find(sha256('one'));
    const entry = model && cache.pathOf(sha256('one'), model.name);
    const wanted = {
      what: 'churn',
      name: 'm',
      promises: [{ sha256: sha256('one') }],
      model: model ?? oneFile(fileIn('m', 'one')),
      entry,
    };
    const tools = { cache, hashes: memory };
    await placeModel(await fetchModel(wanted, { to: at(name) }, tools), cache, tools);
    return { isFromCache: model !== undefined };
  };

  it('gives the target the same file, to which no user may write', async () => {
    await fetch('a');
    expect(await fetch('b')).toEqual({ isFromCache: true });
    const [a, b] = [statSync(at('a')), statSync(at('b'))];
    expect([a.ino, a.mode & 0o222, a.nlink]).toEqual([b.ino, 0, 3]);
  });

  it('notices that a target was edited in place all the same, and gives no such bytes', async () => {
    await fetch('a');
    await sleep(25);
    chmodSync(at('a'), 0o644);
    writeFileSync(at('a'), 'two');
    await expect(fetch('b')).rejects.toMatchObject({ code: 'HASH_MISMATCH' });
    expect(() => statSync(at('b'))).toThrow();
  });
});
