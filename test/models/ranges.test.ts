import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { RangeIgnored } from '../../src/net/http.js';
import { download } from '../../src/models/download.js';
import type { SourceFile } from '../../src/models/source.js';
import { type Fault, fileIn } from '../support/models.js';

const MIB = 1024 * 1024;
const LARGE = randomBytes(101 * MIB + 5);
const root = mkdtempSync(join(tmpdir(), 'reg-ranges-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let count = 0;
const place = (): string => {
  count += 1;
  return join(root, `${count}.bin`);
};

const load = async (
  file: SourceFile,
  to: string,
  how: Partial<Parameters<typeof download>[3]> = {},
): Promise<number> => {
  let sum = 0;
  await download(
    { kind: 'file', name: 'm', files: [file] },
    to,
    (bytes) => {
      sum += bytes;
    },
    { isKnown: true, ...how },
  );
  return sum;
};

/** A file whose requests begin late by so many milliseconds. */
function late(file: SourceFile, delay: (start: number) => number): SourceFile {
  return {
    ...file,
    open: async (range) => {
      await sleep(delay(range?.start ?? 0));
      return file.open(range);
    },
  };
}

describe('a large file is written in parts', () => {
  it.each<[string, (start: number) => number]>([
    ['in order', () => 0],
    ['the first one last', (start) => (start === 0 ? 150 : 0)],
    ['in any order', (start) => (start * 7919) % 23],
  ])('that come %s', async (_name, delay) => {
    const to = place();
    expect(await load(late(fileIn('m', LARGE), delay), to)).toBe(LARGE.length);
    expect(readFileSync(to).equals(LARGE)).toBe(true);
  });

  it.each<[string, Fault]>([
    ['break off', (request) => (request % 2 === 1 ? 'break off' : undefined)],
    ['stop short', (request) => (request < 4 ? 'stop short' : undefined)],
  ])('that %s', async (_name, fault) => {
    const to = place();
    expect(await load(fileIn('m', LARGE, {}, fault), to)).toBe(LARGE.length);
    expect(readFileSync(to).equals(LARGE)).toBe(true);
  });

  it('and ends before the first missing byte when one fails', async () => {
    const to = place();
    const file = fileIn('m', LARGE);
    const broken = {
      ...file,
      open: async (range?: { start: number; end: number }) => {
        if (range?.start === 16 * MIB) {
          await sleep(100);
          throw new Error('refused');
        }
        return file.open(range);
      },
    };
    await expect(load(broken, to)).rejects.toThrow('refused');
    expect(statSync(to).size).toBe(16 * MIB);
    expect(readFileSync(to).equals(LARGE.subarray(0, 16 * MIB))).toBe(true);
    const again = fileIn('m', LARGE);
    expect(await load(again, to)).toBe(LARGE.length);
    expect(again.asked[0]).toMatchObject({ start: 16 * MIB });
    expect(readFileSync(to).equals(LARGE)).toBe(true);
  });

  it('and, where asked for, to a copy beside the target', async () => {
    const to = place();
    const target = join(root, 'target.bin');
    const model = { kind: 'file' as const, name: 'm', files: [fileIn('m', LARGE)] };
    const { files } = await download(model, to, () => undefined, {
      isKnown: true,
      isFresh: true,
      copyTo: { path: target, sync: true },
    });
    expect(readFileSync(files[0]?.copy ?? '').equals(LARGE)).toBe(true);
    const broken = { ...model, files: [fileIn('m', LARGE, {}, () => 'refuse')] };
    rmSync(files[0]?.copy ?? '');
    await expect(
      download(broken, place(), () => undefined, {
        isKnown: true,
        isFresh: true,
        copyTo: { path: target, sync: true },
      }),
    ).rejects.toThrow('refused');
    expect(readdirSync(root).filter((name) => name.startsWith('.target'))).toEqual([]);
  });

  it('or in one stream where the server ignores ranges on the way', async () => {
    const to = place();
    const file = fileIn('m', LARGE);
    const ignoring = {
      ...file,
      open: async (range?: { start: number; end: number }) => {
        if ((range?.start ?? 0) > 20 * MIB) throw new RangeIgnored('m');
        return file.open(range);
      },
    };
    expect(await load(ignoring, to)).toBe(LARGE.length);
    expect(readFileSync(to).equals(LARGE)).toBe(true);
  });

  it('that begin before any gaps which a killed process left', async () => {
    const to = place();
    const left = Buffer.from(LARGE.subarray(0, 80 * MIB));
    left.fill(0, 17 * MIB, 24 * MIB);
    writeFileSync(to, left);
    const file = fileIn('m', LARGE);
    expect(await load(file, to, { isLeft: true })).toBe(LARGE.length);
    expect(file.asked[0]).toMatchObject({ start: 16 * MIB });
    expect(readFileSync(to).equals(LARGE)).toBe(true);
  });
});
