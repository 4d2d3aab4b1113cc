import { describe, expect, it } from 'vitest';
import { recogniseFormat } from '../../src/formats/recognise.js';
import { latin1, type ZipStyle, zipOf } from '../support/format-bytes.js';
import { PICKLES } from '../support/format-pickles.js';
import { endless, readerOf } from './reading.js';

const EMPTY = new Uint8Array();

/** A zip file of empty files. */
const zipOfNames = (names: readonly string[], style?: ZipStyle): Buffer =>
  zipOf(Object.fromEntries(names.map((name) => [name, EMPTY])), style);
const formatOf = (bytes: Uint8Array) => recogniseFormat(readerOf(bytes), bytes.length);

describe('zip files', () => {
  it.each([
    [['archive/data.pkl', 'archive/version'], 'torch'],
    [['data.pkl'], 'zip'],
    [['a/b/data.pkl'], 'zip'],
    [['config.json', 'model.weights.npz'], 'keras'],
    [['config.json', 'model.weights.h5', 'x/data.pkl'], 'torch'],
    [['config.json', 'weights.h5'], 'zip'],
    [['a.npy', 'b/c.npy'], 'npz'],
    [['a.npy', 'read.me'], 'zip'],
    [[], 'zip'],
  ] as const)('of %j are recognised by the names in them: %s', async (names, format) => {
    expect(await formatOf(zipOfNames(names))).toBe(format);
  });

  it('are read where their end is written as that of large files', async () => {
    expect(await formatOf(zipOf({ 'm/data.pkl': PICKLES[2] }, { isLarge: true }))).toBe('torch');
  });

  it('may end with a comment, also one that looks like an end', async () => {
    expect(await formatOf(zipOfNames(['m/data.pkl'], { comment: 'x'.repeat(0xffff) }))).toBe('torch');
    const comment = `PK\x05\x06${'\0'.repeat(18)}!`;
    expect(await formatOf(zipOfNames(['m/data.pkl'], { comment }))).toBe('torch');
  });

  it('are not recognised with bytes before them, or with a broken table', async () => {
    const bytes = zipOfNames(['m/data.pkl']);
    expect(await formatOf(Buffer.concat([latin1('#!/bin/sh\n'), bytes]))).toBeUndefined();
    const broken = Buffer.from(bytes);
    broken.write('XX', broken.indexOf('PK\x01\x02'));
    expect(await formatOf(broken)).toBeUndefined();
    const beyond = zipOfNames([]);
    beyond.writeUInt32LE(0x7fffffff, beyond.length - 6);
    expect(await formatOf(beyond)).toBeUndefined();
  });

  it('are read in part where the table is long', async () => {
    const many = Array.from({ length: 30_000 }, (_, index) => `archive/data/${index}`);
    const first = zipOfNames(['archive/data.pkl', ...many]);
    const { read, asked } = endless(first);
    expect(await recogniseFormat(read, first.length)).toBe('torch');
    expect(asked.all).toBeLessThan(1.25 * 1024 * 1024);
    // arrays alone is more than can be told of a part
    expect(await formatOf(zipOfNames(many.map((name) => `${name}.npy`)))).toBe('zip');
  });
});
