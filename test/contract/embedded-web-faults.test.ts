import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { artifactName } from '../../src/domain/names.js';
import { openUrlRepository } from '../../src/git/open-without-git.js';
import type { RegistryRepository } from '../../src/git/port.js';
import { type Env, sandbox } from '../support/repo.js';
import { type HttpServer, serveHttp } from '../support/servers.js';
import type { Exchange, Fault } from '../support/servers-faults.js';
import { pairs } from '../support/soak.js';
import { listTags, readTags } from '../support/tags.js';

const box = sandbox();
const CHURN = artifactName('churn');
const made = box.repository('registry.git', '--bare');
const work = box.repository('work');
work.commit({ 'model.bin': 'one' });
work.tag('churn@v1.0.0');
work.git('push', '--quiet', made.dir, 'main', '--tags');

let caches = 0;
const open = (url: string, env: Env = {}, signal?: AbortSignal): Promise<RegistryRepository> => {
  caches += 1;
  return openUrlRepository(url, join(box.root, `cache-${caches}`), { env: { ...box.env, ...env }, signal });
};

let server: HttpServer;
let locked: HttpServer;
beforeAll(async () => {
  server = await serveHttp(box);
  locked = await serveHttp(box, { login: 'ann:s3cret pass' });
});
afterEach(() => server.fail());
afterAll(() => Promise.all([server.close(), locked.close()]));

const EXCHANGES: readonly Exchange[] = ['ask to read', 'read'];
const FAULTS: readonly Fault[] = [401, 403, 500, 'cut before', 'cut after', 'truncated', 'hangs'];

// what is asked again waits in between, so these tests wait together, each for a server of its own
test.concurrent.each(pairs(FAULTS, EXCHANGES))(
  'a server that fails with %s at %j',
  async (fault, exchange) => {
    const failing = await serveHttp(box);
    // a busy machine is not to be taken for one that hangs
    const env = { REG_TIMEOUT: fault === 'hangs' ? '3' : '20' };
    const repositories = await Promise.all(
      Array.from({ length: 3 }, () => open(`${failing.url}/registry.git`, env)),
    );
    failing.fail({ fault, on: [exchange] });
    const asked = repositories.map((one, index) =>
      [() => listTags(one, CHURN), () => readTags(one, CHURN), () => one.objects.commit('main')]
        [index]?.()
        .catch((thrown: unknown) => thrown),
    );
    for (const error of await Promise.all(asked)) {
      expect(error).toMatchObject({
        code: 'REMOTE_FAILED',
        message: expect.stringMatching(/^cannot reach http:\/\/127\.0\.0\.1:\d+\/registry\.git: [^\n]+$/),
        hint: expect.any(String),
      });
      if (typeof fault === 'number')
        expect(error).toMatchObject({ message: expect.stringContaining(String(fault)) });
    }
    expect(failing.befallen()).toBeGreaterThan(2);
    failing.fail();
    for (const repository of repositories)
      expect(await readTags(repository, CHURN)).toMatchObject([{ tag: { name: 'churn@v1.0.0' } }]);
    await failing.close();
  },
);

test.concurrent.each(['truncated', 'cut after', 'cut before'] as const)(
  'an answer to a fetch that breaks off leaves nothing that is taken for whole: %s',
  async (fault) => {
    const failing = await serveHttp(box);
    const repository = await open(`${failing.url}/registry.git`);
    await listTags(repository);
    failing.fail({ fault, on: ['read'] });
    await expect(repository.objects.commit(work.git('rev-parse', 'HEAD'))).rejects.toMatchObject({
      code: 'REMOTE_FAILED',
    });
    failing.fail();
    const commit = (await repository.objects.commit('main')) ?? '';
    expect(await repository.objects.entry(commit, 'model.bin')).toMatchObject({ type: 'blob' });
    await failing.close();
  },
);

test('a repository, a server and a name that are not there', async () => {
  for (const [url, why] of [
    [`${server.url}/gone.git`, '404'],
    [`http://127.0.0.1:${await freePort()}/registry.git`, 'ECONNREFUSED'],
  ] as const)
    await expect(listTags(await open(url))).rejects.toMatchObject({
      code: 'REMOTE_FAILED',
      message: expect.stringContaining(why),
    });
});

describe('logins', () => {
  const at = (login: string) => `${locked.url.replace('://', `://${login}@`)}/registry.git`;

  test('the one of the address is sent, decoded', async () => {
    expect(await readTags(await open(at('ann:s3cret%20pass')), CHURN)).toHaveLength(1);
  });

  test.each(['ann:s3cret%20wrong', 't0ken-of-ann', 'ann:s3cret%20pa%zz', ''])(
    '%j is refused and shown nowhere',
    async (login) => {
      const url = login === '' ? `${locked.url}/registry.git` : at(login);
      const error = await readTags(await open(url), CHURN).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'REMOTE_FAILED', message: expect.stringContaining('401') });
      expect(`${(error as Error).message} ${(error as { hint: string }).hint}`).not.toMatch(
        /s3cret|t0ken|ann:|%/,
      );
    },
  );

  test('a server that repeats what it was sent gives nothing away', async () => {
    server.fail({ fault: 403, on: ['ask to read'], repeatsLogin: true });
    const url = server.url.replace('://', '://ann:s3cret@');
    const error = await listTags(await open(`${url}/registry.git`)).catch((thrown: unknown) => thrown);
    expect(JSON.stringify([(error as Error).message, error])).not.toMatch(/s3cret|YW5uO/);
  });
});

describe('interruption', () => {
  test('ends what is running, and what would begin', async () => {
    server.fail({ fault: 'hangs', on: ['ask to read'] });
    const ending = new AbortController();
    const repository = await open(`${server.url}/registry.git`, {}, ending.signal);
    const asked = [listTags(repository), repository.objects.commit('main')];
    const settled = Promise.allSettled(asked);
    while (server.befallen() === 0) await new Promise((resolve) => setImmediate(resolve));
    ending.abort();
    for (const one of await settled)
      expect(one).toMatchObject({ status: 'rejected', reason: { code: 'INTERRUPTED' } });
    await expect(listTags(repository)).rejects.toMatchObject({ code: 'INTERRUPTED' });
  });
});

describe('servers of another kind', () => {
  const REFS = `${'a'.repeat(40)} HEAD\0multi_ack side-band-64k\n`;
  const line = (text: string): string => (text.length + 4).toString(16).padStart(4, '0') + text;

  test.each<[string, string, string]>([
    [
      'that knows only the first version of the protocol',
      `${line('# service=git-upload-pack\n')}0000${line(REFS)}0000`,
      'GIT_MISSING',
    ],
    ['whose ids are SHA-256', `${line('version 2\n')}${line('object-format=sha256\n')}0000`, 'GIT_MISSING'],
    ['that says what is wrong', line('ERR no such repository\n'), 'REMOTE_FAILED'],
    ['that says nothing', '', 'REMOTE_FAILED'],
    ['of web pages', '<!doctype html><p>Sign in', 'REMOTE_FAILED'],
  ])('%s', async (_what, body, code) => {
    const other = await serve((_request, response) => response.end(body));
    const error = await listTags(await open(`${other.url}/x.git`)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, message: expect.stringContaining(`${other.url}/x.git`) });
    await other.close();
  });

  test('one that moved is followed, and a login goes nowhere but to its own server', async () => {
    const seen: unknown[] = [];
    const old = await serve(({ url = '', headers }, response) => {
      seen.push(headers.authorization);
      response.writeHead(301, { location: server.url + url.replace('/old/', '/') }).end();
    });
    const target = await serve((_request, response) => response.end());
    const before = server.requests.length;
    const repository = await open(`${old.url.replace('://', '://ann:s3cret@')}/old/registry.git`);
    expect(await readTags(repository, CHURN)).toHaveLength(1);
    expect(seen).toEqual(['Basic YW5uOnMzY3JldA==']);
    expect(server.requests.slice(before)).toHaveLength(3);
    await Promise.all([old.close(), target.close()]);
  });
});

async function serve(listener: RequestListener): Promise<{ url: string; close: () => Promise<void> }> {
  const made: Server = createServer(listener);
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(made.address() as AddressInfo).port}`,
    close: () => {
      made.closeAllConnections();
      return new Promise((resolve) => made.close(() => resolve()));
    },
  };
}

async function freePort(): Promise<string> {
  const { url, close } = await serve(() => undefined);
  await close();
  return new URL(url).port;
}
