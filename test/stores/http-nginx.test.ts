import { spawn, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sourceOpener } from '../../src/git/open.js';
import { download } from '../../src/models/download.js';
import { locate } from '../../src/models/locate.js';
import { storeOpener } from '../../src/stores/open.js';
import { sandbox } from '../support/repo.js';

// A real web server, and a real proxy that takes the ranges out of requests or answers.

const NGINX = ['/usr/sbin/nginx', 'nginx'].find((path) => spawnSync(path, ['-v']).status === 0);
const box = sandbox();
const around = { env: { ...box.env, REG_HTTP_PRIVATE: 'allow' } };
const sources = sourceOpener(join(box.root, 'cache'), around);
const SIZE = 20_000_000;
const bytes = randomBytes(SIZE);
const SHA = createHash('sha256').update(bytes).digest('hex');
let port = 0;
let end = (): void => undefined;

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const probe = createServer();
    probe.listen(0, '127.0.0.1', () => {
      const { port: free } = probe.address() as AddressInfo;
      probe.close(() => resolve(free));
    });
  });

const CONFIG = (): string => `
daemon off; pid ${box.root}/nginx.pid; error_log ${box.root}/error.log; worker_processes 1; user root;
events {}
http {
  log_format ranges '$uri $status $http_range';
  client_body_temp_path ${box.root}/a; proxy_temp_path ${box.root}/b; fastcgi_temp_path ${box.root}/c;
  uwsgi_temp_path ${box.root}/d; scgi_temp_path ${box.root}/e;
  server {
    listen 127.0.0.1:${port};
    access_log ${box.root}/access.log ranges;
    root ${box.root}/www;
    location /plain/ { }
    location /without/ { max_ranges 0; alias ${box.root}/www/plain/; }
    location /strips/ { proxy_pass http://127.0.0.1:${port}/plain/; proxy_set_header Range ""; proxy_force_ranges off; }
    location /hides/ { proxy_pass http://127.0.0.1:${port}/plain/; proxy_hide_header Accept-Ranges; proxy_set_header Range ""; }
  }
}`;

describe.runIf(NGINX)('nginx', () => {
  beforeAll(async () => {
    port = await freePort();
    mkdirSync(join(box.root, 'www/plain'), { recursive: true });
    writeFileSync(join(box.root, 'www/plain/m.bin'), bytes);
    writeFileSync(join(box.root, 'nginx.conf'), CONFIG());
    const nginx = spawn(NGINX ?? '', [
      '-p',
      box.root,
      '-c',
      join(box.root, 'nginx.conf'),
      '-e',
      join(box.root, 'error.log'),
    ]);
    end = () => void nginx.kill();
    for (let tries = 0; tries < 100; tries += 1) {
      if (
        await fetch(`http://127.0.0.1:${port}/`).then(
          () => true,
          () => false,
        )
      )
        return;
      await sleep(50);
    }
    throw new Error(readFileSync(join(box.root, 'error.log'), 'utf8'));
  });
  afterAll(() => end());

  const lines = (path: string): string[] =>
    readFileSync(join(box.root, 'access.log'), 'utf8')
      .split('\n')
      .filter((line) => line.startsWith(path));

  test.each([
    ['plain', 'in parts', /^\/plain\/m\.bin 206 bytes=/],
    ['without', 'in one stream', / 200 /],
    ['strips', 'in one stream, although a proxy passes on that there are ranges', / 200 /],
    ['hides', 'in one stream', / 200 /],
  ])('/%s/ comes %s', async (folder, _how, answer) => {
    const url = `http://127.0.0.1:${port}/${folder}/m.bin`;
    const model = await locate({ kind: 'store', url }, { stores: storeOpener(around), sources, around });
    const digest = await download(model, join(box.root, `got-${folder}`), () => undefined, { isKnown: true });
    expect(digest).toMatchObject({ sha256: SHA, size: SIZE });
    const asked = lines(`/${folder}/m.bin`);
    expect(asked.length).toBeLessThan(8);
    expect(asked.at(-1)).toMatch(answer);
  });

  test('a load goes on in the middle where ranges are taken out', async () => {
    const model = await locate(
      { kind: 'store', url: `http://127.0.0.1:${port}/strips/m.bin` },
      { stores: storeOpener(around), sources, around },
    );
    const to = join(box.root, 'begun');
    writeFileSync(to, bytes.subarray(0, 9_000_000));
    expect(await download(model, to, () => undefined, { isKnown: true })).toMatchObject({ sha256: SHA });
  });
});
