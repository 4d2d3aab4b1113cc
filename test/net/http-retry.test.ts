import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { retryAfter } from '../../src/net/hints.js';
import { withRetries } from '../../src/net/http.js';

const answer = (status: number, headers: Record<string, string> = {}) => ({
  status,
  headers: { 'retry-after': '0', ...headers },
  body: Readable.from([]),
});
const cut = (code: string): Error => Object.assign(new Error('cut'), { code });

/** Sends what is given in turn; counts how often. */
function sender(...outcomes: (ReturnType<typeof answer> | Error)[]) {
  const sent: unknown[] = [];
  const send = async () => {
    const outcome = outcomes[sent.length] ?? outcomes.at(-1);
    sent.push(outcome);
    if (outcome === undefined || outcome instanceof Error) throw outcome;
    return outcome;
  };
  return { send, sent };
}

describe('trying again', () => {
  it.each([429, 500, 502, 503, 504])('is done after %d', async (status) => {
    const failed = answer(status);
    const { send, sent } = sender(failed, answer(200));
    expect((await withRetries(send, { env: {} })).status).toBe(200);
    expect(sent).toHaveLength(2);
    expect(failed.body.destroyed).toBe(true);
  });

  it.each([200, 206, 302, 400, 401, 403, 404, 405, 410, 416, 501, 505, 507])(
    'is not done after %d',
    async (status) => {
      const { send, sent } = sender(answer(status));
      const given = await withRetries(send, { env: {} });
      expect(given).toMatchObject({ status });
      expect(given.body.destroyed).toBe(false);
      expect(sent).toHaveLength(1);
    },
  );

  it('ends after four times with the last answer', async () => {
    const { send, sent } = sender(answer(503));
    expect((await withRetries(send, { env: {} })).status).toBe(503);
    expect(sent).toHaveLength(4);
  });

  it.each(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'EAI_AGAIN'])('is done after %s', async (code) => {
    const { send, sent } = sender(cut(code), answer(200));
    expect((await withRetries(send, { env: {} })).status).toBe(200);
    expect(sent).toHaveLength(2);
  });

  it.each(['ECONNREFUSED', 'ENOTFOUND', 'UND_ERR_HEADERS_TIMEOUT', 'STORE_FAILED', 'CERT_HAS_EXPIRED'])(
    'is not done after %s',
    async (code) => {
      const { send, sent } = sender(cut(code));
      await expect(withRetries(send, { env: {} })).rejects.toMatchObject({ code });
      expect(sent).toHaveLength(1);
    },
  );

  it('is not done when the server asks for more time than there is', async () => {
    const { send, sent } = sender(answer(429, { 'retry-after': '6' }));
    expect((await withRetries(send, { env: { REG_TIMEOUT: '5' } })).status).toBe(429);
    expect(sent).toHaveLength(1);
  });

  it('ends while it waits once the signal is given', async () => {
    const ending = new AbortController();
    const { send, sent } = sender(answer(429, { 'retry-after': '50' }));
    const asking = withRetries(send, { env: {}, signal: ending.signal });
    setImmediate(() => ending.abort());
    await expect(asking).rejects.toMatchObject({ name: 'AbortError' });
    expect(sent).toHaveLength(1);
  });
});

describe('how long a server asks to wait', () => {
  const DATE = 'Wed, 21 Oct 2026 07:28:00 GMT';
  it.each([
    [{}, undefined],
    [{ 'retry-after': '3' }, 3000],
    [{ 'retry-after': '0' }, 0],
    [{ 'retry-after': 'Wed, 21 Oct 2026 07:28:05 GMT', date: DATE }, 5000],
    [{ 'retry-after': 'Wed, 21 Oct 2026 07:27:00 GMT', date: DATE }, 0],
    [{ 'retry-after': DATE }, undefined],
    [{ 'retry-after': 'soon', date: DATE }, undefined],
    [{ 'retry-after': '-1', date: 'x' }, undefined],
  ])('%j', (headers, pause) => {
    expect(retryAfter(headers)).toBe(pause);
  });
});
