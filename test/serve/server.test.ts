import { createHmac } from 'node:crypto';
import { symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sandbox } from '../support/repo.js';
import { CHURN, servedRegistry } from '../support/served-registry.js';
import { type ServedThere, serveHere, serveThere } from '../support/serving.js';

const box = sandbox();
const registry = servedRegistry(box);
const large = box.repository('large');
const SIZE = 20_000_000;
const TOKEN = 'a-token-of-the-tests';
const tokenFile = join(box.root, 'tokens');
let open: ServedThere;
let guarded: ServedThere;

beforeAll(async () => {
  writeFileSync(tokenFile, `# for tests\nann ${TOKEN}\n\nanother-token-of-tests\n`);
  large.commit({ 'big.bin': Buffer.alloc(SIZE, 'large '), 'big.model.yaml': 'source: {path: big.bin}\n' });
  large.tag('big@v1.0.0');
  open = await serveThere(box, { registries: { one: registry.dir, two: large.dir } });
  guarded = await serveThere(box, { registries: { '': registry.dir }, host: '0.0.0.0', tokenFile });
});
afterAll(async () => {
  await Promise.all([open.close(), guarded.close()]);
});

/** Sends bytes as they are over a connection, and gives what comes back. */
const send = (url: string, text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1' }, () => socket.write(text));
    socket.on('data', (chunk) => (answer += chunk.toString('latin1')));
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
const get = (path: string, headers: readonly string[] = []): string =>
  `${[`GET ${path} HTTP/1.1`, ...headers, 'Connection: close'].join('\r\n')}\r\n\r\n`;
const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);

describe('who may ask', () => {
  test.each([
    ['localhost', 200],
    ['127.0.0.1', 200],
    ['LOCALHOST', 200],
    ['evil.example', 421],
    ['localhost.evil.example', 421],
    ['127.0.0.1.evil.example', 421],
  ])('without tokens the name %s is answered with %i', async (name, status) => {
    const { port } = new URL(open.url);
    expect(statusOf(await send(open.url, get('/hf/api/models', [`Host: ${name}:${port}`])))).toBe(status);
  });

  test('another port, or no name at all, is not this server', async () => {
    for (const host of ['Host: localhost:1', 'Host: localhost', 'Host:'])
      expect(statusOf(await send(open.url, get('/hf/api/models', [host])))).not.toBe(200);
    expect(statusOf(await send(open.url, get('/hf/api/models')))).toBe(400);
  });

  test('pages of other sites may not ask', async () => {
    const ask = async (origin: string) =>
      (await fetch(`${open.url}/hf/api/models`, { headers: { origin } })).status;
    expect([await ask('https://evil.example'), await ask('null'), await ask(open.url)]).toEqual([
      403, 403, 200,
    ]);
  });

  test('where others reach it, health alone needs no token', async () => {
    const url = guarded.url.replace('0.0.0.0', '127.0.0.1');
    const status = async (path: string, init?: RequestInit) => (await fetch(url + path, init)).status;
    const authorization = `Bearer ${TOKEN}`;
    for (const path of ['/-/health', '/-/ready']) expect(await status(path)).toBe(200);
    for (const path of ['/-/metrics', '/hf/api/models', '/nothing']) expect(await status(path)).toBe(401);
    expect(await status('/-/metrics', { headers: { authorization } })).toBe(200);
    expect(await status('/hf/churn/resolve/prod/churn.bin', { headers: { authorization } })).toBe(200);
    for (const wrong of ['Bearer', `Bearer ${TOKEN}x`, `Bearer ${TOKEN} x`, 'Basic !!', `Digest ${TOKEN}`])
      expect(await status('/-/metrics', { headers: { authorization: wrong } })).toBe(401);
  });

  test('tokens may be behind a symbolic link, as secrets of Kubernetes are', async () => {
    symlinkSync(tokenFile, join(box.root, 'linked'));
    const server = await serveThere(box, {
      registries: { '': registry.dir },
      tokenFile: join(box.root, 'linked'),
    });
    expect((await fetch(`${server.url}/-/metrics`)).status).toBe(401);
    await server.close();
  });

  test('others reach no server without tokens', async () => {
    const starting = (options: object) => serveThere(box, { registries: { '': registry.dir }, ...options });
    await expect(starting({ host: '0.0.0.0' })).rejects.toMatchObject({
      code: 'USAGE',
      message: /without tokens/,
    });
    const short = join(box.root, 'short');
    writeFileSync(short, 'abc\n');
    await expect(starting({ tokenFile: short })).rejects.toMatchObject({ code: 'USAGE' });
    await expect(starting({ tokenFile: join(box.root, 'none') })).rejects.toMatchObject({ code: 'USAGE' });
    await expect(starting({ port: Number(new URL(open.url).port) })).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('something else listens there'),
    });
    await expect(starting({ faces: ['nothing'] })).rejects.toMatchObject({ code: 'USAGE' });
    await expect(serveThere(box, { registries: { '': join(box.root, 'gone') } })).rejects.toMatchObject({
      code: 'NO_REPOSITORY',
    });
  });
});

describe('paths', () => {
  const host = (): string => `Host: ${new URL(open.url).host}`;
  test.each([
    '/hf/one/churn/resolve/prod/../../../../../etc/passwd',
    '/hf/one/churn/resolve/prod/..%2f..%2f..%2fetc%2fpasswd',
    '/hf/one/churn/resolve/prod/%2e%2e/%2e%2e/etc/passwd',
    '/hf/one/churn/resolve/prod//etc/passwd',
    '/hf/one/churn/resolve/prod/churn.bin%00',
    '/hf/one/churn/resolve/prod/%0d%0aX-Injected:%20yes',
    '/hf/one/churn/resolve/%0d%0aX-Injected:%20yes/churn.bin',
    '/hf/%0d%0aX-Injected:%20yes/churn/resolve/prod/churn.bin',
    '/hf/../-/metrics/../../etc/passwd',
    '/hf/one/churn/resolve/prod/\\..\\..\\etc\\passwd',
    `/hf/${'a/'.repeat(5000)}`,
    '/hf/%zz',
    '//evil.example/hf',
  ])('%s leads to no file', async (path) => {
    const answer = await send(open.url, get(path, [host()]));
    expect(statusOf(answer)).toBeGreaterThanOrEqual(400);
    expect(statusOf(answer)).toBeLessThan(500);
    expect(answer).not.toMatch(/^X-Injected/im);
    expect(answer).not.toContain('root:');
  });

  test('a whole address in the first line counts in the place of the host', async () => {
    const status = async (address: string) =>
      statusOf(await send(open.url, get(`${address}/hf/api/models`, [host()])));
    expect([await status(open.url), await status('http://evil.example')]).toEqual([200, 421]);
  });
});

describe('clients that are slow or go away', () => {
  const big = '/hf/two/big/resolve/v1.0.0/big.bin';

  test('one that reads nothing holds up no other', async () => {
    const { port, host } = new URL(open.url);
    const slow = Array.from({ length: 30 }, () => {
      const socket = connect({ port: Number(port), host: '127.0.0.1' });
      socket.on('error', () => undefined);
      socket.write(get(big, [`Host: ${host}`]));
      return socket.pause();
    });
    const before = process.memoryUsage().rss;
    const whole = await (await fetch(open.url + big)).arrayBuffer();
    expect(whole.byteLength).toBe(SIZE);
    expect(process.memoryUsage().rss - before).toBeLessThan(300 * 1024 * 1024);
    for (const socket of slow) socket.destroy();
    expect((await (await fetch(open.url + big)).arrayBuffer()).byteLength).toBe(SIZE);
  });

  test('one that hangs up in the middle is in the log as such', async () => {
    const { port, host } = new URL(open.url);
    const socket = connect({ port: Number(port), host: '127.0.0.1' });
    socket.write(get(`${big}?hangup`, [`Host: ${host}`]));
    await new Promise((resolve) => socket.once('data', resolve));
    socket.destroy();
    const line = (): string | undefined => open.log.find((one) => one.includes('"whole":false'));
    await expect.poll(line, { timeout: 5000 }).toContain(big);
    expect(JSON.parse(line() ?? '').bytes).toBeLessThan(SIZE);
  });

  test('hundreds of connections are answered', async () => {
    const path = `${open.url}/hf/one/churn/resolve/prod/churn.bin`;
    const answers = await Promise.all(Array.from({ length: 400 }, async () => (await fetch(path)).text()));
    expect(new Set(answers)).toEqual(new Set([CHURN.v1]));
  });
});

describe('its age', () => {
  test('a tag that is new counts at the next request', async () => {
    const moving = box.repository('moving');
    moving.commit({ 'a.bin': 'one', 'a.model.yaml': 'source: {path: a.bin}\n' });
    moving.tag('a@v1.0.0');
    moving.tag('a#prod#1');
    const here = await serveHere(box, { registries: { '': moving.dir } });
    const read = async () => (await here.ask('/hf/a/resolve/prod/a.bin')).text();
    expect(await read()).toBe('one');
    moving.commit({ 'a.bin': 'two' });
    moving.tag('a@v2.0.0');
    moving.tag('a#prod#2');
    await expect.poll(read, { timeout: 5000 }).toBe('two');
    moving.git('pack-refs', '--all');
    moving.commit({ 'a.bin': 'three' });
    moving.tag('a@v3.0.0');
    moving.tag('a#prod#3');
    await expect.poll(read, { timeout: 5000 }).toBe('three');
  });

  test('a registry at a URL is asked again when a webhook says so, and goes on with the tags that it knows when it is away', async () => {
    const far = box.repository('far');
    far.commit({ 'a.bin': 'one', 'a.model.yaml': 'source: {path: a.bin}\n' });
    far.tag('a@v1.0.0');
    far.tag('a#prod#1');
    const secret = 'the-secret-of-a-webhook';
    const url = `file://${far.dir}`;
    const here = await serveHere(box, { registries: { '': url }, tokens: [{ name: 'hook', secret }] });
    const authorization = `Bearer ${secret}`;
    const read = async () =>
      (await here.ask('/hf/a/resolve/prod/a.bin', { headers: { authorization } })).text();
    const refresh = async (headers: Record<string, string>, body = '{}') =>
      (
        await here.ask('/-/refresh', {
          method: 'POST',
          headers: { 'content-length': String(body.length), ...headers },
          body,
        })
      ).status;
    expect(await read()).toBe('one');
    far.commit({ 'a.bin': 'two' });
    far.tag('a@v2.0.0');
    far.tag('a#prod#2');
    expect(await read()).toBe('one');
    expect(await refresh({})).toBe(401);
    expect(await refresh({ 'x-gitlab-token': 'wrong' })).toBe(401);
    expect(await refresh({ 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` })).toBe(401);
    expect(await read()).toBe('one');
    const signature = createHmac('sha256', secret).update('{"ref":1}').digest('hex');
    expect(await refresh({ 'x-hub-signature-256': `sha256=${signature}` }, '{"ref":1}')).toBe(200);
    expect(await read()).toBe('two');
    expect(await refresh({ 'x-gitlab-token': secret })).toBe(200);
    far.git('update-ref', '-d', 'HEAD');
    const { renameSync } = await import('node:fs');
    renameSync(far.dir, `${far.dir}-away`);
    expect(await refresh({ authorization })).toBe(502);
    expect(await read()).toBe('two');
    expect(await (await here.ask('/-/ready')).json()).toEqual({ ready: true, registries: { '': 'stale' } });
    const metrics = await (await here.ask('/-/metrics', { headers: { authorization } })).text();
    expect(metrics).toContain('reg_registry_up{registry=""} 0');
    expect(metrics).toMatch(/^reg_requests_total\{face="hf",method="GET",status="200"\} \d+$/m);
  });
});

test('an answer that has begun is sent to its end, and no new request is taken', async () => {
  const ending = new AbortController();
  const server = await serveThere(box, { registries: { '': large.dir }, signal: ending.signal });
  const answer = await fetch(`${server.url}/hf/big/resolve/v1.0.0/big.bin`);
  ending.abort();
  expect((await answer.arrayBuffer()).byteLength).toBe(SIZE);
  await server.close();
  await expect(fetch(server.url)).rejects.toThrow();
});

test('a state that takes tags one by one is that of a registry that is read as a whole', async () => {
  const changing = box.repository('changing');
  changing.commit({
    'a.bin': 'a',
    ...Object.fromEntries(
      ['a', 'b', 'teams/c'].map((name) => [`${name}.model.yaml`, 'source: {path: a.bin}\n']),
    ),
  });
  changing.tag('b@v1.0.0');
  const { core } = await serveHere(box, { registries: { '': changing.dir }, faces: ['hf'] });
  const steps: (() => void)[] = [
    () => changing.tag('a@v1.0.0'),
    () => changing.tag('b#prod#1'),
    () => changing.tag('teams=c@v1.0.0'),
    () => changing.git('pack-refs', '--all'),
    () => changing.tag('b@v1.1.0'),
    () => changing.git('tag', '--delete', 'b@v1.0.0'),
    () => changing.git('tag', '--force', '--annotate', '--message', 'moved', 'a@v1.0.0', 'HEAD'),
    () => changing.git('tag', 'a@v5.0.0'),
    () => changing.tag('a@v2.0.0'),
    () => changing.git('tag', '--delete', 'a@v2.0.0'),
    () => changing.tag('ünï'),
    () => changing.tag('zz@v1.0.0'),
  ];
  for (const step of steps) {
    step();
    await new Promise((resolve) => setTimeout(resolve, 120));
    const whole = await serveHere(box, { registries: { '': changing.dir }, faces: ['hf'] });
    const listOf = async ({ core: one }: Pick<typeof whole, 'core'>) => {
      const state = await one.state('');
      const { refs } = await state.context.repository.tags.list('all');
      return {
        refs: [...refs].map(({ name, oid, peeled }) => ({ name, oid, peeled })),
        artifacts: state.artifacts,
      };
    };
    // a long pause after a reading that took long
    await expect.poll(() => listOf({ core }), { timeout: 5000 }).toEqual(await listOf(whole));
  }
});
