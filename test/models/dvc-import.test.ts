import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parseLocation } from '../../src/domain/location.js';
import { RegError } from '../../src/errors.js';
import { sourceOpener } from '../../src/git/open.js';
import { digestFiles } from '../../src/models/digest.js';
import { locate } from '../../src/models/locate.js';
import { bytesOf } from '../../src/models/source.js';
import { storeOpener } from '../../src/stores/open.js';
import type { StoreOpener } from '../../src/stores/port.js';
import { dvcConfig, md5Of } from '../support/dvc-remote.js';
import { type FileServer, serveFiles } from '../support/file-server.js';
import { type Repository, sandbox } from '../support/repo.js';

// the `.dvc` files are those that DVC 3.67 wrote, with other addresses and hashes

const box = sandbox();
const around = { env: { ...box.env, REG_HTTP_PRIVATE: 'allow' } };
const sources = sourceOpener(join(box.root, 'cache'), around);
let count = 0;
let project: Repository;
beforeEach(() => {
  count += 1;
  project = box.repository(`project-${count}`);
});
async function read(
  path: string,
  { isHere = true, stores = storeOpener(around) }: { isHere?: boolean; stores?: StoreOpener } = {},
): Promise<Record<string, string>> {
  const repository = await sources.openSource(parseLocation(project.dir));
  const commit = (await repository.objects.commit('HEAD')) ?? '';
  const at = isHere ? project.dir : undefined;
  const model = await locate(
    { kind: 'repository', repository, commit, path, at },
    { stores, sources, around },
  );
  // the bytes are compared with what the source promises
  await digestFiles(model);
  const files: Record<string, string> = {};
  for (const file of model.files) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of bytesOf(file)) chunks.push(chunk);
    files[file.path] = Buffer.concat(chunks).toString();
  }
  return files;
}
const failure = async (...args: Parameters<typeof read>): Promise<RegError> => {
  const error = await read(...args).catch((reason) => reason);
  expect(error).toBeInstanceOf(RegError);
  return error;
};

describe('an import of a URL without its bytes', () => {
  let server: FileServer;
  beforeAll(async () => {
    server = await serveFiles(join(box.root, 'web'));
    server.put('plain.txt', Buffer.from('url\n'));
  });
  afterAll(() => server.close());
  const pointer = (path: string, size = 4): string =>
    `frozen: true\ndeps:\n- checksum: '308174392657661543909282404002068331718'\n  size: ${size}\n  hash: md5\n  path: ${path}\nouts:\n- hash: md5\n  path: w.txt\n`;

  test('comes from there, by its own address and by that of a remote', async () => {
    const config = `['remote "srv"']\n    url = ${server.url}\n`;
    for (const path of [`${server.url}plain.txt`, 'remote://srv/plain.txt']) {
      project.commit({ '.dvc/config': config, 'sub/w.txt.dvc': pointer(path) });
      for (const isHere of [true, false])
        expect(await read('sub/w.txt', { isHere })).toEqual({ 'w.txt': 'url\n' });
    }
  });

  test('is another one by now', async () => {
    project.commit({ '.dvc/config': '', 'w.txt.dvc': pointer(`${server.url}plain.txt`, 5) });
    expect(await failure('w.txt')).toMatchObject({
      code: 'HASH_MISMATCH',
      message: `w.txt was imported from ${server.url}plain.txt, which has 4 bytes, not 5, as w.txt.dvc says`,
      hint: 'import it again and commit: dvc update w.txt.dvc',
    });
  });

  test('of a kind that only DVC reads', async () => {
    project.commit({ '.dvc/config': '', 'w.txt.dvc': pointer('gdrive://root/x') });
    expect(await failure('w.txt')).toMatchObject({
      code: 'SOURCE_UNSUPPORTED',
      message: 'what it was imported from is a gdrive:// one, which is not supported',
      hint: expect.stringMatching(/^get it with DVC, .*: dvc get \S+ w\.txt --rev [0-9a-f]{40}$/),
    });
  });

  test('at a path of the machine, which is no other one’s', async () => {
    writeFileSync(join(box.root, 'plain.txt'), 'url\n');
    const local = (md5: string) =>
      `deps:\n- md5: ${md5}\n  size: 4\n  hash: md5\n  path: ../plain.txt\nouts:\n- hash: md5\n  path: w.txt\n`;
    project.commit({ '.dvc/config': '', 'w.txt.dvc': local(md5Of(Buffer.from('url\n'))) });
    expect(await read('w.txt')).toEqual({ 'w.txt': 'url\n' });
    expect(await failure('w.txt', { isHere: false })).toMatchObject({
      code: 'SOURCE_UNSUPPORTED',
      message: 'it was imported from a path of another machine, ../plain.txt',
    });
    for (const url of [`file://${box.root}/plain.txt`, join(box.root, 'plain.txt')]) {
      project.commit({ 'w.txt.dvc': `deps:\n- path: ${url}\nouts:\n- path: w.txt\n` });
      expect(await read('w.txt')).toEqual({ 'w.txt': 'url\n' });
      expect((await failure('w.txt', { isHere: false })).code).toBe('SOURCE_UNSUPPORTED');
    }
    project.commit({ 'w.txt.dvc': local(md5Of(Buffer.from('old\n'))) });
    expect((await failure('w.txt')).code).toBe('HASH_MISMATCH');
  });
});

describe('an import of a repository', () => {
  const pointer = (url: string, rev: string): string =>
    `frozen: true\ndeps:\n- path: m.bin\n  repo:\n    url: ${url}\n    rev_lock: ${rev}\nouts:\n- hash: md5\n  path: m.bin\n`;

  test('comes from its commit there, and a path is of one machine', async () => {
    const other = box.repository(`other-${count}`);
    const rev = other.commit({ 'm.bin': 'model' });
    other.commit({ 'm.bin': 'newer' });
    project.commit({ '.dvc/config': '', 'm.bin.dvc': pointer(`../other-${count}`, rev) });
    expect(await read('m.bin')).toEqual({ 'm.bin': 'model' });
    expect((await failure('m.bin', { isHere: false })).code).toBe('SOURCE_UNSUPPORTED');
    project.commit({ 'm.bin.dvc': pointer(`file://${other.dir}`, rev) });
    expect(await read('m.bin')).toEqual({ 'm.bin': 'model' });
    expect((await failure('m.bin', { isHere: false })).code).toBe('SOURCE_UNSUPPORTED');
    project.commit({ 'm.bin.dvc': pointer(`../other-${count}`, 'f'.repeat(40)) });
    expect((await failure('m.bin')).code).toBe('UNKNOWN_REV');
  });

  test('leads neither in a circle nor to a repository that a commit brought', async () => {
    const head = project.commit({ '.dvc/config': '', 'm.bin.dvc': pointer('.', 'main') });
    expect((await failure('m.bin')).code).toBe('LINK_LOOP');
    expect(head).toBeTruthy();
    const bare = join(project.dir, 'evil');
    mkdirSync(bare);
    project.git('init', '--quiet', '--bare', bare);
    project.commit({ 'm.bin.dvc': pointer('evil', 'main') });
    expect((await failure('m.bin')).message).toContain('is a folder of the registry itself');
    for (const url of ['ext::sh -c id', 'ssh://-oProxyCommand=id/x']) {
      project.commit({ 'm.bin.dvc': pointer(`"${url}"`, 'main') });
      expect((await failure('m.bin')).code, url).toBe('SOURCE_UNSUPPORTED');
    }
  });
});

describe('a remote that keeps versions', () => {
  /** A store of objects with versions, which answers for any bucket. */
  const objects = new Map<string, string>();
  const stores: StoreOpener = {
    openStore: async (url) => {
      const top = url.replace(/\/?$/, '/');
      const at = (key: string, version?: string) => objects.get(`${top}${key}?${version ?? 'latest'}`);
      return {
        shown: url,
        hasVersions: true,
        stat: async (key, version) => {
          const found = at(key, version);
          return found === undefined ? undefined : { key, size: found.length, ranges: false };
        },
        list: async () => [],
        read: async (key, _range, version) => Readable.from([Buffer.from(at(key, version) ?? '')]),
        write: async () => undefined,
      };
    },
  };
  const md5 = (text: string): string => md5Of(Buffer.from(text));
  const config = `${dvcConfig('s3://bucket/store', { version_aware: 'true' })}['remote "srv"']\n    url = s3://bucket\n`;

  test('has each file under its own name, in the version of the commit', async () => {
    objects.set('s3://bucket/store/models/m.bin?1', 'one').set('s3://bucket/store/models/m.bin?2', 'two');
    objects.set('s3://bucket/store/models/m.bin?latest', 'new').set('s3://bucket/store/d/e/b?3', 'b');
    const cloud = (id: string): string =>
      `cloud:\n      storage:\n        etag: x\n        version_id: '${id}'\n`;
    const file = (id: string, text: string): string =>
      `outs:\n- md5: ${md5(text)}\n  size: 3\n  hash: md5\n  path: m.bin\n  ${cloud(id).replaceAll('      ', '    ')}`;
    project.commit({
      'sub/.dvc/config': config,
      'sub/models/m.bin.dvc': file('1', 'one'),
      'sub/d.dvc': `outs:\n- hash: md5\n  path: d\n  files:\n  - relpath: e/b\n    md5: ${md5('b')}\n    size: 1\n    ${cloud('3')}`,
    });
    expect(await read('sub/models/m.bin', { stores })).toEqual({ 'm.bin': 'one' });
    expect(await read('sub/d', { stores })).toEqual({ 'e/b': 'b' });
    expect(await read('sub/d/e', { stores })).toEqual({ b: 'b' });
    project.commit({ 'sub/models/m.bin.dvc': file('2', 'two') });
    expect(await read('sub/models/m.bin', { stores })).toEqual({ 'm.bin': 'two' });
    project.commit({ 'sub/models/m.bin.dvc': file('9', 'two') });
    expect((await failure('sub/models/m.bin', { stores })).code).toBe('SOURCE_PATH');
  });

  test('and so has an import from a store of this kind', async () => {
    objects.set('s3://bucket/src/a.txt?1', 'first').set('s3://bucket/src/a.txt?latest', 'secnd');
    const dep = `  path: remote://srv/src`;
    project.commit({
      '.dvc/config': config,
      'a.txt.dvc': `deps:\n- etag: x\n  size: 5\n  version_id: '1'\n  hash: md5\n${dep}/a.txt\nouts:\n- hash: md5\n  path: a.txt\n  push: false\n`,
      'whole.txt.dvc': `deps:\n- etag: x\n  size: 5\n  version_id: '1'\n  hash: md5\n${dep}/a.txt\nouts:\n- md5: ${md5('first')}\n  size: 5\n  hash: md5\n  path: whole.txt\n  push: false\n`,
      'src.dvc': `deps:\n- hash: md5\n${dep}\n  files:\n  - relpath: a.txt\n    size: 5\n    version_id: '1'\nouts:\n- hash: md5\n  path: src\n  push: false\n`,
    });
    expect(await read('a.txt', { stores })).toEqual({ 'a.txt': 'first' });
    expect(await read('whole.txt', { stores })).toEqual({ 'whole.txt': 'first' });
    expect(await read('src', { stores })).toEqual({ 'a.txt': 'first' });
    expect(await read('src/a.txt', { stores })).toEqual({ 'a.txt': 'first' });
  });
});
