import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { artifactName } from '../../src/domain/names.js';
import { openObjectStore } from '../../src/git/files/objects.js';
import { openLocalRepository } from '../../src/git/files/repository.js';
import type { RegistryRepository } from '../../src/git/port.js';
import { type Repository, sandbox } from '../support/repo.js';
import { listTags, peeledTags, readTags } from '../support/tags.js';
import { annotate, benchOver, tagBytes } from './bench.js';
import { NOWHERE, verdicts } from './broken.js';
import { embeddedLocal } from './embedded-bench.js';

const box = sandbox();
const objectsOf = ({ dir }: Repository) => openObjectStore(join(dir, '.git', 'objects'));
const open = ({ dir }: Repository): Promise<RegistryRepository> => openLocalRepository(dir, box.env);

/** Ten commits that change a long text a little, so that packs store differences, and bytes that nothing makes smaller. */
function makeOriginal(): Repository {
  const made = box.repository('original');
  const lines = Array.from({ length: 400 }, (_, index) => `line ${index} ${'x'.repeat(index % 50)}`);
  for (let round = 0; round < 10; round += 1) {
    lines[round * 7] = `changed in round ${round}`;
    made.commit({ 'long.txt': lines.join('\n'), [`deep/${round}/noise.bin`]: randomBytes(3000), empty: '' });
    made.tag(`churn@v1.${round}.0`);
  }
  return made;
}

const original = makeOriginal();

/** A copy of these commits. */
function makeHistory(name: string): Repository {
  cpSync(original.dir, join(box.root, name), { recursive: true });
  return box.at(name);
}

/** Every object that git knows, with its type and size. */
const allIn = ({ git }: Repository): [oid: string, type: string, size: number][] =>
  git('cat-file', '--batch-all-objects', '--batch-check')
    .split('\n')
    .map((line) => line.split(' '))
    .map(([oid = '', type = '', size]) => [oid, type, Number(size)]);

async function expectTheSame(made: Repository): Promise<void> {
  const objects = objectsOf(made);
  for (const [oid, type, size] of allIn(made)) {
    expect(await objects.head(oid)).toEqual({ type, size });
    const found = await objects.read(oid);
    expect(found).toMatchObject({ type, size });
    const streamed = await objects.stream(oid);
    expect((await buffer(streamed ?? Readable.from([]))).equals(found?.bytes ?? Buffer.from('-'))).toBe(true);
    // the id of an object is a hash of its content
    const whole = Buffer.concat([Buffer.from(`${type} ${size}\0`), found?.bytes ?? Buffer.from('-')]);
    expect(createHash('sha1').update(whole).digest('hex')).toBe(oid);
    expect(await objects.startingWith(oid.slice(0, 7))).toContain(oid);
  }
}

describe('every object of a repository is what git says it is', () => {
  test.each<[string, (made: Repository) => void]>([
    ['in files of their own', () => undefined],
    ['in one pack, as differences', ({ git }) => git('repack', '-adfq', '--depth=50', '--window=50')],
    [
      'in a pack that names what it is a difference to',
      ({ git }) => git('-c', 'repack.useDeltaBaseOffset=false', 'repack', '-adfq'),
    ],
    [
      'in several packs and files',
      ({ git, commit }) => {
        git('repack', '-dq');
        commit({ 'long.txt': 'short' });
        git('repack', '-dq');
        commit({ 'long.txt': 'shorter' });
      },
    ],
    [
      'in a pack whose offsets are in the table for large ones',
      ({ git, dir }) => {
        git('repack', '-adfq');
        const [pack = ''] = readdirSync(join(dir, '.git/objects/pack')).filter((name) =>
          name.endsWith('.pack'),
        );
        // offsets beyond the first 256 bytes are written as if they were beyond 2 GiB (git-index-pack(1))
        git('index-pack', '--index-version=2,0x100', join(dir, '.git/objects/pack', pack));
      },
    ],
  ])('%s', async (what, pack) => {
    const made = makeHistory(what);
    pack(made);
    await expectTheSame(made);
  });

  test('a difference is really among them', async () => {
    const made = makeHistory('deltas');
    made.git('repack', '-adfq', '--depth=50', '--window=50');
    const [index = ''] = readdirSync(join(made.dir, '.git/objects/pack')).filter((name) =>
      name.endsWith('.idx'),
    );
    expect(made.git('verify-pack', '-v', join(made.dir, '.git/objects/pack', index))).toMatch(
      /chain length = \d+/,
    );
  });
});

describe('what is not there, or broken', () => {
  test('is undefined', async () => {
    const made = makeHistory('nothing');
    made.git('repack', '-adq');
    const objects = objectsOf(made);
    for (const ask of [objects.head, objects.read, objects.stream])
      expect(await ask(NOWHERE)).toBeUndefined();
    expect(await objects.startingWith('0123456')).toEqual([]);
  });

  test.each([
    ['no bytes', ''],
    ['bytes that are no zlib stream', 'garbage'],
    ['a zlib stream that breaks off', Buffer.from('789c4b2a', 'hex')],
  ])('a tag whose object file holds %s hides no other', async (what, bytes) => {
    const made = box.repository(`tag ${what}`);
    const bench = benchOver(box, made);
    const head = bench.commit({ 'model.bin': '1' });
    for (const name of ['churn@v1.0.0', 'churn@v3.0.0']) annotate(bench, name, head);
    const inner = bench.add('tag', tagBytes(head, 'inner'));
    bench.point('churn@v4.0.0', bench.add('tag', tagBytes(inner, 'churn@v4.0.0', 'tag')));
    for (const oid of [annotate(bench, 'churn@v2.0.0', head), inner]) overwrite(made, oid, bytes);
    const repository = embeddedLocal(box, made);
    for (const which of [undefined, artifactName('churn')])
      expect(verdicts(await readTags(repository, which))).toEqual({
        'churn@v1.0.0': head,
        'churn@v2.0.0': 'missing',
        'churn@v3.0.0': head,
        'churn@v4.0.0': 'missing',
      });
    expect(await listTags(repository)).toHaveLength(4);
    expect((await peeledTags(repository)).map(({ peeled }) => peeled)).toContain('unknown');
  });

  test('a broken byte in a pack breaks the object that it is in, and no other', async () => {
    const made = box.repository('broken-pack');
    const commit = made.commit({ 'model.bin': randomBytes(5000), 'other.bin': randomBytes(5000) });
    made.tag('churn@v1.0.0');
    made.git('repack', '-adq');
    const [model = '', other = ''] = ['model', 'other'].map((name) =>
      made.git('rev-parse', `HEAD:${name}.bin`),
    );
    const folder = join(made.dir, '.git/objects/pack');
    const [name = ''] = readdirSync(folder).filter((one) => one.endsWith('.pack'));
    const listed = made.git('verify-pack', '-v', join(folder, name));
    const offset = Number(new RegExp(`^${model} blob +\\d+ \\d+ (\\d+)`, 'm').exec(listed)?.[1]);
    const bytes = readFileSync(join(folder, name));
    bytes.writeUInt8(bytes.readUInt8(offset + 2000) ^ 0xff, offset + 2000);
    chmodSync(join(folder, name), 0o644);
    writeFileSync(join(folder, name), bytes);
    const repository = await open(made);
    for (const ask of [
      () => repository.objects.blob(model),
      async () => buffer(await repository.objects.stream(model)),
    ])
      await expect(ask()).rejects.toMatchObject({
        code: 'SOURCE_PATH',
        message: expect.stringContaining(model),
      });
    expect(await repository.objects.blob(other)).toHaveLength(5000);
    expect(verdicts(await readTags(repository))).toEqual({ 'churn@v1.0.0': commit });
  });

  test('a file that is not a pack index, or one of version 1', async () => {
    const made = makeHistory('old-index');
    made.git('repack', '-adq');
    const folder = join(made.dir, '.git/objects/pack');
    writeFileSync(join(folder, 'pack-broken.idx'), 'x');
    const repository = await open(made);
    expect(await listTags(repository)).toHaveLength(10);
    expect(await readTags(repository)).toHaveLength(10);
    const [name = ''] = readdirSync(folder).filter((one) => /-[0-9a-f]{40}\.pack$/.test(one));
    made.git('index-pack', '--index-version=1', join(folder, name));
    await expect(readTags(await open(made))).rejects.toMatchObject({ code: 'GIT_MISSING' });
  });
});

test('objects stay readable while git repacks them', async () => {
  const made = makeHistory('moving');
  const repository = await open(made);
  const [first = '', last = ''] = ['HEAD~9', 'HEAD'].map((rev) => made.git('rev-parse', `${rev}:long.txt`));
  expect(await repository.objects.blob(first)).toBeInstanceOf(Buffer);
  made.git('repack', '-adq');
  made.git('prune-packed');
  expect(await repository.objects.blob(last)).toBeInstanceOf(Buffer);
  made.commit({ 'new.bin': 'new' });
  made.git('repack', '-adfq', '--depth=1');
  expect(await repository.objects.blob(first)).toBeInstanceOf(Buffer);
  expect(await readTags(repository)).toHaveLength(10);
});

test('a large file comes as a stream, the bytes of its neighbours not among them', async () => {
  const made = box.repository('large');
  const bytes = randomBytes(3_000_000);
  made.commit({ 'a.bin': bytes, 'b.bin': randomBytes(2_000_000), 'zeros.bin': Buffer.alloc(5_000_000) });
  const oids = ['a', 'zeros'].map((name) => made.git('rev-parse', `HEAD:${name}.bin`));
  for (const pack of [() => undefined, () => made.git('repack', '-adq')]) {
    pack();
    const repository = await open(made);
    const [a, zeros] = await Promise.all(
      oids.map(async (oid) => buffer(await repository.objects.stream(oid))),
    );
    expect(a?.equals(bytes)).toBe(true);
    expect(zeros?.equals(Buffer.alloc(5_000_000))).toBe(true);
    expect(await repository.objects.sizes(oids)).toEqual(
      new Map([
        [oids[0], 3_000_000],
        [oids[1], 5_000_000],
      ]),
    );
  }
});

/** Overwrites the file of a loose object. */
function overwrite({ dir }: Repository, oid: string, bytes: string | Uint8Array): void {
  const file = join(dir, '.git/objects', oid.slice(0, 2), oid.slice(2));
  chmodSync(file, 0o644);
  writeFileSync(file, bytes);
}
