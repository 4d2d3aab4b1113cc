import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { digestOf } from '../../src/models/digest.js';
import { modelOnDisk } from '../../src/models/source.js';
import { fileIn, folderOf, oneFile } from '../support/models.js';

const folder = mkdtempSync(join(tmpdir(), 'reg-identity-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const sha256sum = (text: string): string =>
  spawnSync('sha256sum', { input: text, encoding: 'utf8' }).stdout.slice(0, 64);

describe('what identifies a model (docs/specification.md, 4 Link files and configuration)', () => {
  it('a file: its bytes', async () => {
    const found = await digestOf(oneFile(fileIn('m.bin', 'abc')));
    expect(found).toEqual({ kind: 'file', size: 3, sha256: sha256sum('abc') });
    expect((await digestOf(oneFile(fileIn('other', 'abc')))).sha256).toBe(sha256sum('abc'));
    expect(await digestOf(oneFile(fileIn('empty', '')))).toMatchObject({ size: 0, sha256: sha256sum('') });
  });

  it('a folder: its sorted manifest, as sha256sum prints it', async () => {
    const files = [
      fileIn('b.bin', 'two'),
      fileIn('a/z.bin', 'one'),
      fileIn('a.bin', ''),
      fileIn('B.bin', 'two'),
    ];
    const manifest = [
      `${sha256sum('two')}  B.bin\n`,
      `${sha256sum('')}  a.bin\n`,
      `${sha256sum('one')}  a/z.bin\n`,
      `${sha256sum('two')}  b.bin\n`,
    ].join('');
    const found = await digestOf(folderOf(...files));
    expect(found).toEqual({ kind: 'folder', size: 9, sha256: sha256sum(manifest) });
    expect(await digestOf(folderOf(...files.toReversed()))).toEqual(found);
  });

  it('a name inside a folder counts, so does a folder around one file', async () => {
    const one = (await digestOf(folderOf(fileIn('a', 'x')))).sha256;
    expect((await digestOf(folderOf(fileIn('b', 'x')))).sha256).not.toBe(one);
    expect((await digestOf(oneFile(fileIn('a', 'x')))).sha256).not.toBe(one);
  });

  it('a model on disk has the identity of its source', async () => {
    await mkdir(join(folder, 'm/a'), { recursive: true });
    await writeFile(join(folder, 'm/a/z'), 'one');
    await writeFile(join(folder, 'm/b'), 'two');
    const there = await modelOnDisk(join(folder, 'm'));
    expect(there && (await digestOf(there))).toEqual(
      await digestOf(folderOf(fileIn('b', 'two'), fileIn('a/z', 'one'))),
    );
    const file = await modelOnDisk(join(folder, 'm/b'));
    expect(file && (await digestOf(file))).toEqual(await digestOf(oneFile(fileIn('x', 'two'))));
    expect(await modelOnDisk(join(folder, 'nothing'))).toBeUndefined();
  });
});

describe('what a source promises of its files', () => {
  it.each([
    ['another sha256', { digest: { algorithm: 'sha256', value: '0'.repeat(64) } }, 'HASH_MISMATCH'],
    ['another md5', { digest: { algorithm: 'md5', value: '0'.repeat(32) } }, 'HASH_MISMATCH'],
    ['more bytes', { size: 4, ranges: false }, 'HASH_MISMATCH'],
    ['fewer bytes', { size: 2, ranges: false }, 'TOO_LARGE'],
  ] as const)('%s', async (_what, about, code) => {
    await expect(digestOf(oneFile(fileIn('m', 'abc', about)))).rejects.toMatchObject({ code });
  });

  it('is kept', async () => {
    const digest = { algorithm: 'md5', value: '900150983cd24fb0d6963f7d28e17f72' } as const;
    expect(await digestOf(oneFile(fileIn('m', 'abc', { digest })))).toMatchObject({ size: 3 });
  });
});
