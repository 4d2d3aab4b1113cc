import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSsh } from '../../src/stores/ssh.js';
import { bytesOf, failure } from '../contract/stores-objects.js';
import { regIn } from '../support/cli-here.js';
import { sandbox } from '../support/repo.js';
import { hasSshd, type SftpServer, serveSftp } from '../support/ssh-server.js';

// that a folder behind ssh is a store as any other is tested in test/contract

describe.skipIf(!hasSshd)('a folder of a machine that is reached by ssh', () => {
  const box = sandbox();
  const registry = box.repository('registry');
  const top = join(box.root, 'models');
  let server: SftpServer;
  beforeAll(async () => {
    mkdirSync(top);
    server = await serveSftp(box.root);
    registry.commit({ 'out/m.bin': 'model', 'out/folder/a b.bin': 'a', 'out/folder/b/c.bin': 'c' });
  });
  afterAll(() => server?.close());
  const open = (folder = '', env = {}, settings = {}) =>
    openSsh(`${server.url(top)}${folder}`, settings, { env: { ...box.env, ...server.env(), ...env } });

  test('takes uploads, and links to it are loaded', async () => {
    const reg = regIn(box, registry.dir, server.env());
    const url = server.url(top);
    for (const [path, name] of [
      ['out/m.bin', 'file'],
      ['out/folder', 'folder'],
    ] as const) {
      expect(await reg('upload', path, name, '--store', url)).toMatchObject({ code: 0 });
      expect(readFileSync(join(registry.dir, `${name}.model.yaml`), 'utf8')).toContain(`url: ${url}/`);
    }
    registry.commit();
    const fresh = regIn(box, registry.dir, { ...server.env(), XDG_CACHE_HOME: join(box.root, 'fresh') });
    expect((await fresh('load', 'file', '-o', '-')).stdout).toBe('model');
    expect(await fresh('load', 'folder', '-o', 'got')).toMatchObject({ stderr: '', code: 0 });
    expect(readFileSync(join(registry.dir, 'got/b/c.bin'), 'utf8')).toBe('c');
    writeFileSync(join(top, 'plain.bin'), 'plain');
    expect((await fresh('link', `${url}/plain.bin`, 'plain')).code).toBe(0);
    expect((await fresh('link', `${url}/none.bin`, 'none')).code).toBe(1);
  });

  test('a login that fails has the words of ssh, and ends with exit code 4', async () => {
    const url = server.url(top);
    const reasons = {
      stranger: /Permission denied \(publickey\)/,
      'other host': /Host key verification failed/,
    } as const;
    for (const [who, reason] of Object.entries(reasons)) {
      const reg = regIn(box, registry.dir, server.env(who as keyof typeof reasons));
      const { stderr, code } = await reg('link', `${url}/plain.bin`, 'x');
      expect(code).toBe(4);
      expect(stderr).toMatch(reason);
      expect(stderr).toContain(`hint: log in there without a question: sftp -P ${server.port} 127.0.0.1\n`);
    }
  });

  test('the machine has no ssh', async () => {
    const store = open('', { GIT_SSH_COMMAND: '', GIT_SSH: join(box.root, 'no-ssh') });
    expect(await failure(store.stat('x'))).toMatchObject({
      code: 'PACKAGE_MISSING',
      message: `the ssh program is needed for this, and there is no ${join(box.root, 'no-ssh')}`,
    });
  });

  test('settings give the user, the port and the key', async () => {
    const file = join(box.root, 'ssh-wrapper');
    writeFileSync(file, `#!/bin/sh\nprintf '%s ' "$@" > '${box.root}/asked'\nexit 1\n`);
    chmodSync(file, 0o755);
    const store = open(
      '',
      { GIT_SSH_COMMAND: '', GIT_SSH: file },
      { user: 'ann', port: 2222, keyfile: '/k' },
    );
    expect((await failure(store.stat('x'))).code).toBe('STORE_FAILED');
    expect(readFileSync(join(box.root, 'asked'), 'utf8')).toMatch(
      / -p 2222 -l ann -i \/k -s 127\.0\.0\.1 sftp $/,
    );
  });

  test('a server that does not answer is given up, and nothing of ssh stays', async () => {
    const mark = join(box.root, 'sleeping');
    const store = open('', { GIT_SSH_COMMAND: `echo $$ > '${mark}'; sleep 100; :`, REG_TIMEOUT: '1' });
    expect((await failure(store.stat('x'))).message).toContain('no response for 1 seconds');
    const pid = readFileSync(mark, 'utf8').trim();
    expect(existsSync(`/proc/${pid}/cmdline`) && readFileSync(`/proc/${pid}/stat`, 'utf8')).not.toMatch(
      / S /,
    );
  });

  test('what a login shell prints is no answer', async () => {
    const store = open('', { GIT_SSH_COMMAND: 'echo Welcome to this machine, friend;' });
    expect((await failure(store.stat('x'))).message).toContain('something else than SFTP');
  });

  test('names that are odd, and what is not a file', async () => {
    mkdirSync(join(top, 'odd'));
    for (const name of ['*', '-rf', '$(id)', '"quoted"', 'a\\b', ' ', '~', 'a\nb'])
      writeFileSync(join(top, 'odd', name), name);
    const store = open('/odd');
    for (const { key } of await store.list('')) expect(String(await buffer(await store.read(key)))).toBe(key);
    symlinkSync('*', join(top, 'odd/link'));
    expect((await store.list('')).map(({ key }) => key)).toContain('link');
    const refused = (make: () => void, folder: string) => {
      mkdirSync(join(top, folder));
      make();
      return failure(open(`/${folder}`).list(''));
    };
    const wrong = [
      await refused(() => execFileSync('mkfifo', [join(top, 'pipe/p')]), 'pipe'),
      await refused(() => symlinkSync('/none', join(top, 'dangling/l')), 'dangling'),
      await refused(() => symlinkSync('/', join(top, 'up/l')), 'up'),
      await refused(() => writeFileSync(Buffer.from(`${top}/bytes/\xff`, 'latin1'), ''), 'bytes'),
    ];
    expect(wrong.map(({ code }) => code)).toEqual(Array(4).fill('SOURCE_PATH'));
    for (const key of ['../odd/*', '/etc/passwd', 'a/./b', ''])
      expect((await failure(open().read(key))).code, key).toBe('SOURCE_PATH');
  });

  test('a file in the place of its folder', async () => {
    writeFileSync(join(top, 'file'), 'x');
    expect((await failure(open('/file').list(''))).code).toBe('STORE_FAILED');
    expect((await failure(open('/file').write('x', bytesOf(), 0))).code).toBe('STORE_FAILED');
    expect(readdirSync(top).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  test('a connection that ended is made again', async () => {
    const env = { ...box.env, ...server.env() };
    const store = openSsh(server.url(top), {}, { env });
    await store.write('again', bytesOf(Buffer.from('x')), 1);
    const children = execFileSync('pgrep', ['-P', String(process.pid), '-f', 'sftp'], { encoding: 'utf8' });
    for (const pid of children.trim().split('\n')) process.kill(-Number(pid), 'SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await store.stat('again')).toMatchObject({ size: 1 });
  });
});
