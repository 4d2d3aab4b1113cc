import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { fileModel, folderModel } from '../../src/sources/model-bytes.js';

const sha256sum = (text: string): string =>
  spawnSync('sha256sum', { input: text, encoding: 'utf8' }).stdout.slice(0, 64);
const file = (path: string, text: string) => ({ path, bytes: Buffer.from(text) });

describe('what identifies a model (SPEC §4)', () => {
  it('a file: its bytes', () => {
    expect(fileModel(file('m.bin', 'abc'))).toMatchObject({
      kind: 'file',
      size: 3,
      sha256: sha256sum('abc'),
    });
    expect(fileModel(file('other', 'abc')).sha256).toBe(sha256sum('abc'));
    expect(fileModel(file('empty', ''))).toMatchObject({ size: 0, sha256: sha256sum('') });
  });

  it('a folder: its sorted manifest, as sha256sum prints it', () => {
    const files = [file('b.bin', 'two'), file('a/z.bin', 'one'), file('a.bin', ''), file('B.bin', 'two')];
    const manifest = [
      `${sha256sum('two')}  B.bin\n`,
      `${sha256sum('')}  a.bin\n`,
      `${sha256sum('one')}  a/z.bin\n`,
      `${sha256sum('two')}  b.bin\n`,
    ].join('');
    const model = folderModel(files);
    expect(model).toMatchObject({ kind: 'folder', size: 9, sha256: sha256sum(manifest) });
    expect(model.files.map(({ path }) => path)).toEqual(['B.bin', 'a.bin', 'a/z.bin', 'b.bin']);
    expect(folderModel(files.toReversed())).toEqual(model);
  });

  it('a name inside a folder counts, so does a folder around one file', () => {
    const one = folderModel([file('a', 'x')]).sha256;
    expect(folderModel([file('b', 'x')]).sha256).not.toBe(one);
    expect(fileModel(file('a', 'x')).sha256).not.toBe(one);
  });
});
