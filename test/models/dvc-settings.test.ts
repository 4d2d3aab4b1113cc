import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { dvcIn } from '../support/dvc-reading.js';
import { dvcConfig, dvcFile, keyOf, pushTo, trackFile, trackFolder } from '../support/dvc-remote.js';
import { serveS3 } from '../support/emulators.js';
import { type Repository, sandbox } from '../support/repo.js';
import { hasSshd, type SftpServer, serveSftp } from '../support/ssh-server.js';

// what DVC itself writes and reads is in test/differential/dvc.test.ts

const box = sandbox();
let count = 0;
let project: Repository;
const { read, failure } = dvcIn(box, () => project);
const model = trackFile('a model');
const folder = trackFolder({ a: 'a', b: 'b' });
const BYTES = { m: Buffer.from('a model') };
/** A repository with this committed configuration, and with this file beside it. */
function projectWith(committed: string, local = ''): void {
  count += 1;
  project = box.repository(`project-${count}`);
  project.commit({
    '.dvc/config': committed,
    'm.dvc': dvcFile('m', model),
    'data.dvc': dvcFile('data', folder),
  });
  writeFileSync(join(project.dir, '.dvc/config.local'), local);
}
const section = (values: Record<string, string | number>, name = 'storage'): string =>
  `['remote "${name}"']\n${Object.entries(values)
    .map(([key, value]) => `    ${key} = ${value}\n`)
    .join('')}`;

describe('levels of the configuration', () => {
  const store = join(box.root, 'store');
  const levels = { system: join(box.root, 'etc/dvc/config'), user: join(box.root, 'user/dvc/config') };
  const env = { XDG_CONFIG_DIRS: join(box.root, 'etc'), XDG_CONFIG_HOME: join(box.root, 'user') };
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  };
  beforeAll(() => pushTo(store, model));
  beforeEach(() => {
    for (const path of Object.values(levels)) rmSync(path, { force: true });
  });

  test('the remote and that it is the default may be named by the system and by the user', async () => {
    projectWith('');
    expect((await failure('m', { env })).message).toContain('names no default remote');
    write(levels.system, `[core]\nremote = shared\n${section({ url: '/none' }, 'shared')}`);
    expect((await failure('m', { env })).message).toContain('there is no folder /none');
    // a relative path starts from the folder of its file
    write(levels.user, section({ url: '../../store' }, 'shared'));
    expect(await read('m', { env })).toEqual(BYTES);
    expect(await read('m', { env, isHere: false })).toEqual(BYTES);
    const named = {
      DVC_GLOBAL_CONFIG_DIR: dirname(levels.user),
      DVC_SYSTEM_CONFIG_DIR: dirname(levels.system),
    };
    expect(await read('m', { env: named })).toEqual(BYTES);
  });

  test('the later comes before the earlier', async () => {
    write(levels.user, `[core]\nremote = mine\n${section({ url: '/none' })}`);
    projectWith(dvcConfig('/none/committed'), section({ url: store }));
    expect(await read('m', { env })).toEqual(BYTES);
    expect((await failure('m', { env, isHere: false })).message).toContain('/none/committed');
  });

  test('~ is the home folder', async () => {
    projectWith(dvcConfig('~/store'));
    expect(await read('m', { env: { HOME: box.root } })).toEqual(BYTES);
  });

  test('an alias has the values of the remote that it is below, and its own before them', async () => {
    projectWith(
      `[core]\nremote = images\n${section({ url: 'remote://Server/store' }, 'images')}${section({ url: 'remote://disk/' }, 'server')}${section({ url: box.root }, 'disk')}`,
    );
    expect(await read('m')).toEqual(BYTES);
  });
});

test('keys of a user are not for a server that a repository elsewhere names', async () => {
  const asked: unknown[] = [];
  const server: Server = createServer(({ headers }, response) => {
    asked.push(headers.authorization);
    response.writeHead(403).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const own = join(box.root, 'own-keys');
  mkdirSync(own);
  const keys = { access_key_id: 'CANARY', secret_access_key: 'canary' };
  writeFileSync(join(own, 'config'), section({ ...keys, url: 's3://bucket/x' }, 'mine'));
  const env = { DVC_GLOBAL_CONFIG_DIR: own, AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' };
  const endpointurl = `http://127.0.0.1:${port}`;
  for (const committed of [
    `[core]\nremote = mine\n${section({ endpointurl, url: 's3://bucket/x' }, 'mine')}`,
    `[core]\nremote = mine\n${section({ endpointurl, url: 's3://other/x' }, 'mine')}`,
    `[core]\nremote = alias\n${section({ endpointurl, url: 'remote://mine/y' }, 'alias')}`,
  ]) {
    projectWith(committed);
    expect((await failure('m', { env, isHere: false })).code).toBe('STORE_FAILED');
  }
  expect(asked.length).toBeGreaterThan(2);
  expect(asked.filter((one) => String(one).includes('CANARY'))).toEqual([]);
  server.closeAllConnections();
  server.close();
});

describe('the cache of the work tree', () => {
  const inCache = (...all: (typeof model)[]): void => pushTo(join(project.dir, '.dvc/cache'), ...all);

  test('comes before a remote, which is not asked then', async () => {
    projectWith(dvcConfig('s3://nowhere/x'));
    inCache(model, folder);
    expect(await read('m')).toEqual(BYTES);
    expect(await read('data/b')).toEqual({ b: Buffer.from('b') });
    const s3 = {
      AWS_ACCESS_KEY_ID: 'x',
      AWS_SECRET_ACCESS_KEY: 'x',
      AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9',
    };
    expect((await failure('m', { isHere: false, env: s3 })).code).toBe('STORE_FAILED');
  });

  test('what it lacks, or has in another size, comes from the remote', async () => {
    const store = join(box.root, `remote-${count}`);
    pushTo(store, model, folder);
    projectWith(dvcConfig(store));
    const [[manifest = '', bytes = Buffer.alloc(0)] = []] = folder.objects;
    inCache({ ...model, objects: new Map([[keyOf(model.md5), Buffer.from('torn')]]) });
    inCache({ ...folder, objects: new Map([[manifest, bytes]]) });
    expect(await read('m')).toEqual(BYTES);
    expect(Object.keys(await read('data'))).toEqual(['a', 'b']);
    inCache({ ...folder, objects: new Map([[manifest, Buffer.from('[]')]]) });
    expect(Object.keys(await read('data'))).toEqual(['a', 'b']);
  });

  test('is named where it lacks bytes and there is no remote', async () => {
    projectWith('');
    inCache(folder);
    expect(await failure('m')).toMatchObject({
      code: 'SOURCE_UNSUPPORTED',
      message: `m is not whole in the DVC cache, file://${project.dir}/.dvc/cache, and .dvc/config names no default remote, and m.dvc none for m`,
    });
  });

  test('may be elsewhere, and is not that of a repository at a URL', async () => {
    projectWith(`[cache]\n    dir = ../../elsewhere\n`);
    pushTo(join(box.root, 'elsewhere'), model);
    expect(await read('m')).toEqual(BYTES);
    expect((await failure('m', { isHere: false })).message).toContain('names no default remote');
  });
});

describe('logins of config.local', () => {
  test('keys, endpoint and region of S3, also in the file that it names', async () => {
    const { url, bucket, close } = await serveS3(box);
    const credentials = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };
    const client = new S3Client({ endpoint: url, forcePathStyle: true, region: 'eu-west-1', credentials });
    for (const [key, Body] of model.objects)
      await client.send(new PutObjectCommand({ Bucket: bucket, Key: `x/${key}`, Body }));
    client.destroy();
    // keys of another user, which the server refuses
    const env = { AWS_ACCESS_KEY_ID: 'other', AWS_SECRET_ACCESS_KEY: 'canary-other' };
    const file = join(box.root, 'aws-credentials');
    writeFileSync(
      file,
      '[default]\naws_access_key_id = no\n[team]\naws_access_key_id = S3RVER\naws_secret_access_key = S3RVER\n',
    );
    const place = { endpointurl: url, region: 'eu-west-1' };
    const ways = {
      keys: { access_key_id: 'S3RVER', secret_access_key: 'S3RVER' },
      file: { credentialpath: file, profile: 'team' },
    };
    for (const way of Object.values(ways)) {
      projectWith(dvcConfig(`s3://${bucket}/x`), section({ ...place, ...way }));
      expect(await read('m', { env })).toEqual(BYTES);
      expect((await failure('m', { env: { ...env, AWS_ENDPOINT_URL_S3: url }, isHere: false })).code).toBe(
        'STORE_FAILED',
      );
    }
    projectWith(
      dvcConfig(`s3://${bucket}/x`),
      section({ ...place, access_key_id: 'S3RVER', secret_access_key: 'canary' }),
    );
    expect((await failure('m', { env })).message).not.toContain('canary');
    await close();
  });

  test('none at all for a bucket that everyone may read', async () => {
    const asked: unknown[] = [];
    const server: Server = createServer(({ headers, url = '' }, response) => {
      const object = model.objects.get(url.replace(/^\/bucket\/x\/|\?.*/g, ''));
      asked.push(headers.authorization);
      response.writeHead(object ? 200 : 404, object && { 'content-length': object.length });
      response.end(object);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    projectWith(
      dvcConfig('s3://bucket/x', { endpointurl: `http://127.0.0.1:${port}`, allow_anonymous_login: 'true' }),
    );
    expect(await read('m', { env: { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' } })).toEqual(BYTES);
    expect(new Set(asked)).toEqual(new Set([undefined]));
    server.closeAllConnections();
    server.close();
  });

  test('a user and a password of a web server', async () => {
    const server: Server = createServer(({ headers, url = '' }, response) => {
      const object = model.objects.get(url.slice('/store/'.length));
      const isIn = headers.authorization === `Basic ${Buffer.from('ann:pass word').toString('base64')}`;
      response.writeHead(isIn ? (object ? 200 : 404) : 401, object && { 'content-length': object.length });
      response.end(isIn ? object : '');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    projectWith(
      dvcConfig(`http://127.0.0.1:${port}/store`),
      section({ auth: 'basic', user: 'ann', password: 'pass word' }),
    );
    const env = { REG_HTTP_PRIVATE: 'allow' };
    expect(await read('m', { env })).toEqual(BYTES);
    expect((await failure('m', { env, isHere: false })).code).toBe('STORE_FAILED');
    // that of the user's own configuration is not for all who have a remote of the same name
    const own = join(box.root, 'own');
    const login = { user: 'ann', password: 'pass word' };
    mkdirSync(own);
    writeFileSync(join(own, 'config'), section(login));
    projectWith(dvcConfig(`http://127.0.0.1:${port}/store`));
    const byUser = { ...env, DVC_GLOBAL_CONFIG_DIR: own };
    expect(await read('m', { env: byUser })).toEqual(BYTES);
    expect((await failure('m', { env: byUser, isHere: false })).code).toBe('STORE_FAILED');
    writeFileSync(join(own, 'config'), section({ ...login, url: 'http://127.0.0.1:9/' }));
    expect((await failure('m', { env: byUser, isHere: false })).message).toContain('401');
    projectWith('[core]\n    remote = storage\n');
    writeFileSync(join(own, 'config'), section({ ...login, url: `http://127.0.0.1:${port}/store` }));
    expect(await read('m', { env: byUser, isHere: false })).toEqual(BYTES);
    server.close();
  });

  describe.skipIf(!hasSshd)('of ssh', () => {
    let server: SftpServer;
    const folderOf = join(box.root, 'sshd');
    beforeAll(async () => {
      mkdirSync(folderOf);
      server = await serveSftp(folderOf);
    });
    afterAll(() => server?.close());

    test('port and key, and what the ssh of the machine knows', async () => {
      const store = join(box.root, 'ssh store');
      pushTo(store, model, folder);
      const command = `ssh -F none -o UserKnownHostsFile=${join(folderOf, 'known')}`;
      projectWith(
        dvcConfig(`ssh://127.0.0.1${store}`),
        section({ port: server.port, keyfile: '../../sshd/friend' }),
      );
      const env = { GIT_SSH_COMMAND: command };
      expect(await read('m', { env })).toEqual(BYTES);
      expect(Object.keys(await read('data', { env }))).toEqual(['a', 'b']);
      const stranger = await failure('m', { env: server.env('stranger'), isHere: false });
      expect(stranger.code).toBe('STORE_FAILED');
    });
  });
});
