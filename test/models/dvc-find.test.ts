import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { dvcIn } from '../support/dvc-reading.js';
import {
  dvcConfig,
  dvcFile,
  dvcLock,
  entryOf,
  outsText,
  pushTo,
  trackFile,
  trackFolder,
} from '../support/dvc-remote.js';
import { type Repository, sandbox } from '../support/repo.js';

const box = sandbox();
let count = 0;
let project: Repository;
let remote: string;
const { find, read, failure } = dvcIn(box, () => project);
beforeEach(() => {
  count += 1;
  remote = join(box.root, `remote-${count}`);
  project = box.repository(`project-${count}`);
  // what each test commits, together with files of its own
  mkdirSync(join(project.dir, '.dvc'));
  writeFileSync(join(project.dir, '.dvc/config'), dvcConfig(`../../remote-${count}`));
  writeFileSync(join(project.dir, '.dvc/.gitignore'), '/config.local\n');
});

const bytes = randomBytes(1000);

describe.each([2, 3] as const)('as DVC %i tracks', (dvc) => {
  test('a file, by its own path and by that of its .dvc file', async () => {
    const model = trackFile(bytes, dvc);
    pushTo(remote, model);
    project.commit({ 'models/model.pkl.dvc': dvcFile('model.pkl', model) });
    expect(await read('models/model.pkl')).toEqual({ 'model.pkl': bytes });
    expect(await read('models/model.pkl.dvc')).toEqual({ 'model.pkl': bytes });
    expect(await find('models/model.pkl')).toMatchObject({
      kind: 'file',
      name: 'model.pkl',
      files: [{ path: 'model.pkl', size: 1000, ranges: true, isHere: true }],
    });
  });

  test('a folder, and a file and a folder in it', async () => {
    const files = { 'a.bin': bytes, 'deep/er/b.bin': randomBytes(10), 'deep/ünï.txt': 'text', empty: '' };
    const folder = trackFolder(files, dvc);
    pushTo(remote, folder);
    project.commit({ 'data.dvc': dvcFile('data', folder) });
    const asBytes = Object.fromEntries(Object.entries(files).map(([path, one]) => [path, Buffer.from(one)]));
    expect(await read('data')).toEqual(asBytes);
    expect(await read('data/a.bin')).toEqual({ 'a.bin': bytes });
    expect(await read('data/deep')).toEqual({
      'er/b.bin': asBytes['deep/er/b.bin'],
      'ünï.txt': Buffer.from('text'),
    });
    expect(await failure('data/deep/none')).toMatchObject({
      code: 'SOURCE_PATH',
      message: 'there is no deep/none in data, the folder that data.dvc tracks',
    });
  });

  test('the output of a stage', async () => {
    const model = trackFile(bytes, dvc);
    pushTo(remote, model);
    project.commit({
      'dvc.lock': dvcLock({ prepare: ['data/x', trackFile('x', dvc)], train: ['models/model.pkl', model] }),
    });
    expect(await read('models/model.pkl')).toEqual({ 'model.pkl': bytes });
    expect(await find('models/other.pkl')).toBeUndefined();
  });
});

test('objects are looked for in both places, first where the output says', async () => {
  const model = trackFile(bytes, 3);
  pushTo(remote, trackFile(bytes, 2));
  project.commit({ 'model.pkl.dvc': dvcFile('model.pkl', model) });
  expect(await read('model.pkl')).toEqual({ 'model.pkl': bytes });
  // what is in the place of DVC 3 goes first, and it is damaged
  pushTo(remote, {
    ...model,
    objects: new Map([...model.objects.keys()].map((key) => [key, randomBytes(1000)])),
  });
  expect((await failure('model.pkl')).code).toBe('HASH_MISMATCH');
});

test('a text with CRLF that DVC 2 tracked arrives as it is, and no hash is promised of it', async () => {
  const text = trackFile('a\r\nb\r\n', 2);
  pushTo(remote, text);
  project.commit({ 'notes.txt.dvc': dvcFile('notes.txt', text) });
  expect(await read('notes.txt')).toEqual({ 'notes.txt': Buffer.from('a\r\nb\r\n') });
  const [file] = (await find('notes.txt'))?.files ?? [];
  expect(file).toMatchObject({ size: 6 });
  expect(file?.digest).toBeUndefined();
});

test('an md5 that YAML could take for a number stays what it is', async () => {
  // no bytes have these hashes: that they are looked for is enough
  for (const md5 of ['12345678901234567890123456789012', '123456789012345678901234567890e1'])
    for (const written of [md5, `'${md5}'`]) {
      project.commit({ 'm.dvc': `outs:\n- md5: ${written}\n  size: 3\n  hash: md5\n  path: m\n` });
      pushTo(remote);
      expect((await failure('m')).message).toContain(`m (md5 ${md5}) is missing`);
    }
});

describe('paths', () => {
  test('wdir of a .dvc file', async () => {
    const model = trackFile(bytes);
    pushTo(remote, model);
    project.commit({
      'meta/one.dvc': `wdir: ../models\n${dvcFile('model.pkl', model)}`,
      'models/model.pkl.dvc': `wdir: elsewhere\n${dvcFile('model.pkl', model)}`,
    });
    expect(await read('meta/one.dvc')).toEqual({ 'model.pkl': bytes });
    expect(await read('models/model.pkl')).toEqual({ 'model.pkl': bytes });
  });

  test('wdir of a stage, its template, and the remote of its output are in dvc.yaml', async () => {
    const other = join(box.root, `other-${count}`);
    const [small, large] = [trackFile('small'), trackFile('large')];
    pushTo(other, small, large);
    project.commit({
      '.dvc/config': `${dvcConfig(remote)}['remote "Other"']\n    url = ${other}\n`,
      'pipeline/dvc.yaml':
        'stages:\n  train:\n    wdir: work\n    cmd: x\n    outs:\n    - m.pkl:\n        remote: other\n' +
        '  each:\n    foreach: [1, 2]\n    do:\n      cmd: x\n      wdir: work\n      outs: [{1.pkl: {remote: OTHER}}]\n',
      'pipeline/dvc.lock': dvcLock({ train: ['m.pkl', small], 'each@1': ['1.pkl', large] }),
    });
    expect(await read('pipeline/work/m.pkl')).toEqual({ 'm.pkl': Buffer.from('small') });
    expect(await read('pipeline/work/1.pkl')).toEqual({ '1.pkl': Buffer.from('large') });
    expect(await find('pipeline/m.pkl')).toBeUndefined();
  });

  test('a stage that is no more in dvc.yaml does not count, and two that make one path are refused', async () => {
    const [old, now] = [trackFile('old'), trackFile('now')];
    pushTo(remote, old, now);
    const lock = dvcLock({ old: ['m.pkl', old], train: ['m.pkl', now] });
    project.commit({ 'dvc.lock': lock, 'dvc.yaml': 'stages: {train: {cmd: x, outs: [m.pkl]}}\n' });
    expect(await read('m.pkl')).toEqual({ 'm.pkl': Buffer.from('now') });
    project.commit({ 'dvc.yaml': 'stages: {train: {cmd: x}, old: {cmd: x}}\n' });
    expect((await failure('m.pkl')).code).toBe('SOURCE_UNSUPPORTED');
  });

  test('a lock of DVC 1 has its stages at the top', async () => {
    const model = trackFile(bytes, 2);
    pushTo(remote, model);
    project.commit({ 'sub/dvc.lock': dvcLock({ train: ['m.pkl', model] }, 1) });
    expect(await read('sub/m.pkl')).toEqual({ 'm.pkl': bytes });
  });

  test('a DVC repository below the top has its own configuration', async () => {
    const model = trackFile(bytes);
    pushTo(join(project.dir, 'sub/store'), model);
    project.commit({ 'sub/.dvc/config': dvcConfig('../store'), 'sub/a/m.dvc': dvcFile('m', model) });
    expect(await read('sub/a/m')).toEqual({ m: bytes });
  });

  test('a .dvc file of several outputs is asked for one of them', async () => {
    const [one, two] = [trackFile('one'), trackFile('two')];
    pushTo(remote, one, two);
    const outs = [
      { ...entryOf(one), path: 'one' },
      { ...entryOf(two), path: 'two' },
    ];
    project.commit({ 'one.dvc': outsText(outs) });
    expect(await read('one')).toEqual({ one: Buffer.from('one') });
    expect(await failure('one.dvc')).toMatchObject({
      code: 'SOURCE_PATH',
      message: 'one.dvc tracks 2 paths',
      hint: 'name one of them: one',
    });
  });

  test('what DVC does not know is not found', async () => {
    project.commit({ 'dvc.yaml': 'stages: {}\n', 'file.dvc': dvcFile('file', trackFile('x')) });
    for (const path of ['none', 'none/at/all', 'none.dvc', 'dir:none', 'file/below', '..:up', '.dvc'])
      expect(await find(path), path).toBeUndefined();
  });
});
