import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parseLocation } from '../../src/domain/location.js';
import { sourceOpener } from '../../src/git/open.js';
import type { Objects } from '../../src/git/port.js';
import { askDvcRemote, digestText, dvcBytesAt } from '../../src/models/dvc-digest.js';
import { dvcWorkTreeState } from '../../src/models/dvc-work-tree.js';
import { storeOpener } from '../../src/stores/open.js';
import {
  dvcConfig,
  dvcFile,
  dvcLock,
  md5Of,
  pushTo,
  type Tracked,
  trackFile,
  trackFolder,
} from '../support/dvc-remote.js';
import { sandbox } from '../support/repo.js';

const box = sandbox();
const project = box.repository('project');
const remote = join(box.root, 'remote');
const around = { env: box.env };
const tools = { stores: storeOpener(around), around, at: project.dir };
let objects: Objects;
beforeAll(async () => {
  const opener = sourceOpener(join(box.root, 'cache'), { env: box.env, signal: undefined });
  objects = (await opener.openSource(parseLocation(project.dir))).objects;
});

const digestOf = async (path: string) => dvcBytesAt(objects, project.git('rev-parse', 'HEAD'), path, tools);
const ask = async (path: string, more: { at?: undefined } = {}) =>
  askDvcRemote(objects, project.git('rev-parse', 'HEAD'), path, { ...tools, ...more });
const stateOf = async (path: string) =>
  dvcWorkTreeState(objects, project.git('rev-parse', 'HEAD'), path, await digestOf(path), {
    root: project.dir,
    cache: join(box.root, 'cache'),
    now: Date.now,
  });

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(project.dir, path)), { recursive: true });
    writeFileSync(join(project.dir, path), text);
  }
}

const model = trackFile('model');
const folder = trackFolder({ 'best/m.bin': 'best', 'best/ünï/x': 'x', 'last.bin': 'last' });
const bare = (tracked: Tracked): string => tracked.md5.replace('.dir', '');

describe('the bytes that a commit means', () => {
  beforeAll(() => {
    pushTo(remote, model, folder);
    project.commit({
      '.dvc/config': dvcConfig(remote),
      'train.dvc': dvcFile('models/by-pointer', model),
      'pipelines/dvc.yaml': 'stages: {train: {cmd: x, wdir: src, outs: [../../models/by-stage]}}\n',
      'pipelines/dvc.lock': dvcLock({ train: ['../../models/by-stage', model] }),
      'sub/data.dvc': `wdir: ..\n${dvcFile('runs', folder)}`,
      'v.dvc': `outs:\n- path: versioned\n  hash: md5\n  files:\n  - {relpath: b, md5: ${md5Of(Buffer.from('b'))}}\n  - {relpath: a, md5: ${md5Of(Buffer.from('a'))}}\n`,
      'etag.dvc': 'outs:\n- path: by-etag\n  hash: etag\n  etag: abc\n',
      'in-git.bin': 'x',
      'in-git.bin.dvc': dvcFile('in-git.bin', model),
    });
  });

  test.each([
    ['models/by-pointer', 'train.dvc', bare(model), false],
    ['train.dvc', 'train.dvc', bare(model), false],
    ['models/by-stage', 'pipelines/dvc.lock', bare(model), false],
    ['runs', 'sub/data.dvc', bare(folder), true],
    ['runs/last.bin', 'sub/data.dvc', md5Of(Buffer.from('last')), false],
    ['runs/best', 'sub/data.dvc', bare(trackFolder({ 'm.bin': 'best', 'ünï/x': 'x' })), true],
    ['versioned', 'v.dvc', bare(trackFolder({ a: 'a', b: 'b' })), true],
  ])('%s: the digest in %s', async (path, pointer, value, isFolder) => {
    expect(await digestOf(path)).toMatchObject({ pointer, digest: { kind: 'md5', value, isFolder } });
  });

  test('a path in git, and one that DVC does not know, have none', async () => {
    expect(await digestOf('in-git.bin')).toBeUndefined();
    expect(await digestOf('models/none')).toBeUndefined();
  });

  test('a hash of another kind is kept, and is a problem', async () => {
    expect(await digestOf('by-etag')).toMatchObject({
      digest: { kind: 'etag', value: 'abc' },
      problem: { code: 'SOURCE_UNSUPPORTED' },
    });
  });

  test('a path inside a folder whose manifest cannot be read is named by the folder', async () => {
    rmSync(join(remote, 'files/md5', folder.md5.slice(0, 2)), { recursive: true });
    const found = await digestOf('runs/last.bin');
    expect(found).toMatchObject({ digest: undefined, problem: { code: 'SOURCE_PATH' } });
    expect(found && digestText(found)).toMatch(/^md5:[0-9a-f]{32}\.dir\/last\.bin$/);
    pushTo(remote, folder);
  });

  test('conflict markers are named with their line', async () => {
    project.commit({
      'broken/dvc.lock': 'schema: "2.0"\n<<<<<<< HEAD\nstages: {}\n=======\n>>>>>>> other\n',
    });
    await expect(digestOf('broken/model')).rejects.toMatchObject({
      message: 'broken/dvc.lock:2: it has the conflict markers of a merge',
    });
    // a file that the path does not depend on hides nothing
    expect(await digestOf('models/by-pointer')).toMatchObject({ pointer: 'train.dvc' });
    project.git('rm', '-q', 'broken/dvc.lock');
    project.git('commit', '-qm', 'gone');
  });
});

describe('what the remote has', () => {
  beforeEach(() => {
    rmSync(remote, { recursive: true, force: true });
    project.commit({
      '.dvc/config': dvcConfig(remote),
      'm.dvc': dvcFile('m', model),
      'f.dvc': dvcFile('f', folder),
      'imported.dvc': `deps:\n- path: m\n  repo: {url: https://example.com/x}\n${dvcFile('imported', model)}`,
    });
  });

  test('everything: there; a part of it: missing', async () => {
    pushTo(remote, model, folder);
    expect(await ask('m')).toEqual({ kind: 'there' });
    expect(await ask('f')).toEqual({ kind: 'there' });
    expect(await ask('f/last.bin')).toEqual({ kind: 'there' });
    rmSync(join(remote, 'files/md5', md5Of(Buffer.from('last')).slice(0, 2)), { recursive: true });
    expect(await ask('f')).toMatchObject({ kind: 'missing', hint: expect.stringContaining('dvc push') });
    expect(await ask('f/best')).toEqual({ kind: 'there' });
  });

  test('never pushed: missing', async () => {
    expect(await ask('m')).toMatchObject({ kind: 'missing', hint: 'push it: dvc push' });
    pushTo(remote, folder);
    expect(await ask('m')).toMatchObject({ kind: 'missing', hint: expect.stringContaining('dvc push') });
    expect(await ask('imported')).toMatchObject({ kind: 'unknown' });
  });

  test.each([
    ['no remote', ''],
    ['a kind that is not read', dvcConfig('ssh://host/x')],
    ['a disk that may not be mounted', dvcConfig('/nowhere/at/all')],
    ['a server that does not answer', dvcConfig('http://127.0.0.1:1/x')],
    ['a version-aware remote', dvcConfig('s3://bucket/x', { version_aware: 'true' })],
  ])('%s: unknown', async (_, config) => {
    project.commit({ '.dvc/config': config });
    expect(await ask('m')).toMatchObject({ kind: 'unknown', reason: expect.stringMatching(/./) });
  });

  test('a folder of another machine is unknown', async () => {
    project.commit({ '.dvc/config': dvcConfig('../../elsewhere') });
    expect(await ask('m', { at: undefined })).toMatchObject({ kind: 'unknown' });
  });
});

describe('the work tree beside the commit', () => {
  beforeEach(() => {
    project.commit({
      '.gitignore': '/m\n/f\n/new\n',
      'm.dvc': dvcFile('m', model),
      'f.dvc': dvcFile('f', folder),
    });
    for (const path of ['m', 'f', 'new', 'new.dvc'])
      rmSync(join(project.dir, path), { recursive: true, force: true });
    write({
      m: 'model',
      'f/best/m.bin': 'best',
      'f/best/ünï/x': 'x',
      'f/last.bin': 'last',
    });
  });

  test('the same, and not there', async () => {
    for (const path of ['m', 'f', 'f/last.bin', 'f/best'])
      expect(await stateOf(path), path).toEqual({ kind: 'same' });
    for (const path of ['m', 'f']) rmSync(join(project.dir, path), { recursive: true });
    for (const path of ['m', 'f']) expect(await stateOf(path), path).toEqual({ kind: 'absent' });
  });

  test.each([
    ['other bytes of the same size', 'm', { m: 'MODEL' }],
    ['another size', 'm', { m: 'longer model' }],
    ['a changed file in a folder', 'f', { 'f/last.bin': 'LAST' }],
    ['one more file in a folder', 'f', { 'f/more.bin': '' }],
  ])('changed and not added: %s', async (_, path, files) => {
    write(files);
    expect(await stateOf(path)).toMatchObject({
      kind: 'changed',
      hint: expect.stringContaining(`dvc add ${path}`),
    });
  });

  test('added and not committed', async () => {
    write({ m: 'new model', 'm.dvc': dvcFile('m', trackFile('new model')) });
    expect(await stateOf('m')).toMatchObject({
      kind: 'uncommitted',
      hint: 'commit it: git add m.dvc && git commit',
    });
    write({ new: 'x', 'new.dvc': dvcFile('new', trackFile('x')) });
    expect(await stateOf('new')).toMatchObject({ kind: 'uncommitted' });
    expect(await stateOf('none')).toBeUndefined();
  });

  test('a hash is remembered until the file changes', async () => {
    const old = new Date(Date.now() - 60_000);
    utimesSync(join(project.dir, 'm'), old, old);
    expect(await stateOf('m')).toEqual({ kind: 'same' });
    write({ m: 'MODEL' });
    utimesSync(join(project.dir, 'm'), old, old);
    // the time of change of the inode tells of a write that sets the time back
    expect(await stateOf('m')).toMatchObject({ kind: 'changed' });
  });

  test('a text of DVC 2 counts with LF for CRLF', async () => {
    project.commit({ 'm.dvc': dvcFile('m', trackFile('a\r\nb\r\n', 2)) });
    write({ m: 'a\r\nb\r\n' });
    expect(await stateOf('m')).toEqual({ kind: 'same' });
  });
});
