import { readdirSync, readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { RegError } from '../../src/errors.js';
import { sourceOpener } from '../../src/git/open.js';
import { openModelCache } from '../../src/models/cache.js';
import { fetchModel } from '../../src/models/fetch.js';
import { locate } from '../../src/models/locate.js';
import { placeModel } from '../../src/models/place.js';
import { openHttp } from '../../src/net/http.js';
import { storeOpener } from '../../src/stores/open.js';
import { sandbox } from '../support/repo.js';
import { atMost } from './batch.js';
import { outcomeOf, rowsOf, SECRET } from './corpus.js';

/** What a server sends as it is, byte for byte, to each of two methods. */
interface Answers {
  head: string;
  get: string;
}

const box = sandbox();
const NOW = Date.UTC(2026, 0, 1);
const cache = openModelCache(join(box.root, 'cache'), () => NOW);
const rows = rowsOf<Answers>('web').map((row, number) => ({ ...row, number }));
const redirects = rowsOf<string>('redirects');

let server: Server;
let url = '';
const sockets = new Set<Socket>();

beforeAll(async () => {
  server = createServer((socket) => {
    let asked = '';
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    socket.on('data', (chunk: Buffer) => {
      asked += chunk.toString('latin1');
      if (asked.includes('\r\n\r\n')) answer(asked, socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

/** Every row has a path of its own, so that all can be asked at once. */
function answer(asked: string, socket: Socket): void {
  const [, method = '', kind = '', number = ''] = /^(\w+) \/(\w+)\/(\d+)/.exec(asked) ?? [];
  if (kind === 'endless' && method !== 'HEAD') endless(socket);
  else socket.end(Buffer.from(answerTo(method, kind, Number(number)), 'latin1'));
}

function answerTo(method: string, kind: string, number: number): string {
  switch (kind) {
    case 'web':
      return rows[number]?.input[method === 'HEAD' ? 'head' : 'get'] ?? '';
    case 'redirects':
      return `HTTP/1.1 302 Found\r\nlocation: ${redirects[number]?.input}\r\n\r\n`;
    case 'right':
      return `${OK}content-length: 10\r\n\r\n${method === 'HEAD' ? '' : '0123456789'}`;
    default:
      return `${OK}\r\n`;
  }
}

const OK = 'HTTP/1.1 200 OK\r\nconnection: close\r\n';

/** Bytes that are sent at the most, where a client would take all that comes. */
const MUCH = 256 * 1024 * 1024;

/** The bytes that were sent so, and the connections on which more are. */
const sending = { bytes: 0, count: 0 };

function endless(socket: Socket): void {
  socket.write(`${OK}\r\n`);
  const chunk = Buffer.alloc(64 * 1024);
  const send = (): void => {
    while (socket.bytesWritten < MUCH && !socket.destroyed) if (!socket.write(chunk)) return;
    socket.end();
  };
  sending.count += 1;
  socket.on('drain', send).on('close', () => {
    sending.bytes += socket.bytesWritten;
    sending.count -= 1;
  });
  send();
}

async function load(path: string, promise: { size?: number; sha256?: string } = {}): Promise<void> {
  const env = { REG_TIMEOUT: '20', REG_HTTP_PRIVATE: 'allow' };
  const source = `${url}/${path}/m.bin`;
  const around = { env, signal: AbortSignal.timeout(50_000) };
  const model = await locate(
    { kind: 'store', url: source },
    { stores: storeOpener(around), sources: sourceOpener(join(box.root, 'git-cache'), around), around },
  );
  const wanted = { what: 'a', name: 'm.bin', promises: [promise], model };
  await placeModel(await fetchModel(wanted, { to: join(box.root, 'out', path) }, { cache }), cache);
}

const errors = new Map<unknown, unknown>();
beforeAll(async () => {
  const ask = (row: (typeof rows)[number]) => async (): Promise<void> =>
    void errors.set(row, await outcomeOf(() => load(`web/${row.number}`)));
  await atMost(24, rows.map(ask));
}, 300_000);

describe('a server that answers with', () => {
  test.each(rows.map((row) => ({ ...row, row })))('$what is not believed', ({ row, code }) => {
    const error = errors.get(row);
    expect(error).toBeInstanceOf(RegError);
    expect(error).toMatchObject({ code });
    expect((error as RegError).message.length).toBeLessThan(2000);
  });

  test('a correct model is loaded, as the reference for the refusals', async () => {
    await load('right/0');
    expect(readFileSync(join(box.root, 'out/right/0'), 'utf8')).toBe('0123456789');
    const left = readdirSync(join(box.root, 'out'), { recursive: true, encoding: 'utf8' });
    expect(left.filter((path) => !path.endsWith('.part')).sort()).toEqual(['right', 'right/0', 'web']);
  });

  test('bytes without end is refused before they fill the disk, where the link promises their number', async () => {
    expect(await outcomeOf(() => load('endless/0', { size: 1000 }))).toMatchObject({ code: 'HASH_MISMATCH' });
    await vi.waitFor(() => expect(sending.count).toBe(0), { timeout: 20_000 });
    expect(sending.bytes).toBeGreaterThan(0);
    expect(sending.bytes).toBeLessThan(MUCH / 2);
  });
});

describe('a redirect to', () => {
  test.each(redirects.map((row, number) => ({ ...row, number })))(
    '$what is not followed, be they allowed or not',
    async ({ number, code }) => {
      for (const env of [{}, { REG_HTTP_REDIRECTS: 'allow' }]) {
        const around = { env: { ...env, REG_TIMEOUT: '20' } };
        // what is asked for may be in a private network, as for git; where it leads may not
        const { request } = openHttp(around, { isPrivateAllowed: true });
        const error = await outcomeOf(() => request({ method: 'GET', url: `${url}/redirects/${number}` }));
        expect(error).toBeInstanceOf(RegError);
        expect(error).toMatchObject({
          code,
          message: expect.stringMatching(/redirects|private network|no link/),
        });
        expect(`${(error as RegError).message} ${(error as RegError).hint}`).not.toContain(SECRET);
      }
    },
  );
});
