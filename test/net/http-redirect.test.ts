import { describe, expect, it } from 'vitest';
import { firstStep, type HttpRequest, redirected } from '../../src/net/http.js';
import { refusal, refusalCode } from '../support/builders.js';

const ALLOWED = true;

function follow(
  from: string,
  location: string,
  status = 302,
  mayLeaveHost = false,
  request: Partial<HttpRequest> = {},
) {
  const step = firstStep({ method: 'GET', url: from, ...request });
  return redirected(step, { status, headers: { location } }, 5, mayLeaveHost);
}

describe('the first step of a request', () => {
  it.each([
    ['https://ann:p%40ss@host/x#y', 'https://host/x', 'ann:p@ss'],
    ['https://token@host/x', 'https://host/x', 'token:'],
    ['https://:secret@host/x', 'https://host/x', ':secret'],
    ['https://ann:100%zz@host/x', 'https://host/x', 'ann:100%zz'],
  ])('has the login of %s in its header alone', (url, bare, login) => {
    const step = firstStep({ method: 'GET', url });
    expect(step.url.href).toBe(bare);
    expect(step.headers.authorization).toBe(`Basic ${Buffer.from(login).toString('base64')}`);
  });

  it('asks for a part by its first and last byte', () => {
    const range = { start: 5, end: 10 };
    expect(firstStep({ method: 'GET', url: 'https://host/x', range }).headers.range).toBe('bytes=5-9');
  });

  it.each(['ftp://host/x', 'file:///x', 'https:host', 'https://', 'host'])('is not made for %s', (url) => {
    expect(refusalCode(() => firstStep({ method: 'GET', url }))).toBe('SOURCE_UNSUPPORTED');
  });
});

describe('a redirect that is followed', () => {
  it.each([
    ['https://host/a/x', '/b', 'https://host/b'],
    ['https://host/a/x', 'b', 'https://host/a/b'],
    ['https://host/a', 'https://host:443/b?sig=1', 'https://host/b?sig=1'],
    ['http://host/a', 'https://host/b', 'https://host/b'],
    ['http://host:8080/a', '//host:8080/b', 'http://host:8080/b'],
    ['https://host/a', 'https://ann:pw@host/b#c', 'https://host/b'],
  ])('from %s to %s leads to %s', (from, to, url) => {
    expect(follow(from, to)?.url.href).toBe(url);
  });

  it('keeps the login on the same host, and its own counts for nothing', () => {
    const headers = { 'private-token': 'x' };
    const step = follow('https://ann:secret@host/a', 'https://bo:other@host/b', 302, false, { headers });
    expect(step?.headers).toMatchObject({ ...headers, authorization: `Basic ${btoa('ann:secret')}` });
    expect(step?.isOriginalHost).toBe(true);
  });

  it.each([301, 302, 303, 307, 308])(
    'with %d takes no secret to another host, if that is allowed',
    (status) => {
      const headers = { 'private-token': 'x', cookie: 'x', accept: 'a/b' };
      const range = { start: 0, end: 1 };
      const step = follow('https://ann:secret@host/a', 'https://other/b', status, ALLOWED, {
        headers,
        range,
      });
      expect(Object.keys(step?.headers ?? {}).sort()).toEqual([
        'accept',
        'accept-encoding',
        'range',
        'user-agent',
      ]);
      expect(step?.isOriginalHost).toBe(false);
    },
  );

  it('does not bring a login back to the first host', () => {
    const away = follow('https://ann:secret@host/a', 'https://other/b', 302, ALLOWED);
    const back =
      away && redirected(away, { status: 302, headers: { location: 'https://host/c' } }, 5, ALLOWED);
    expect(back?.headers.authorization).toBeUndefined();
    expect(back?.isOriginalHost).toBe(false);
  });

  it.each([
    [301, 'POST', 'GET', undefined],
    [302, 'POST', 'GET', undefined],
    [303, 'POST', 'GET', undefined],
    [307, 'POST', 'POST', '{}'],
    [308, 'POST', 'POST', '{}'],
    [303, 'HEAD', 'HEAD', undefined],
    [302, 'HEAD', 'HEAD', undefined],
  ] as const)('of status %d makes of %s a %s', (status, method, then, body) => {
    const headers = { 'content-type': 'application/json' };
    const sent = method === 'POST' ? { body: '{}', headers } : {};
    const step = follow('https://host/a', '/b', status, false, { method, ...sent });
    expect(step).toMatchObject({ method: then, body });
    expect(step?.headers['content-type']).toBe(body && 'application/json');
  });
});

describe('a redirect that is refused', () => {
  it.each([
    ['from https to http', 'https://host/a', 'http://host/b', ALLOWED],
    ['to a file', 'https://host/a', 'file:///etc/passwd', ALLOWED],
    ['to what runs', 'https://host/a', 'javascript:x', ALLOWED],
    ['to no address', 'https://host/a', 'https://', ALLOWED],
    ['to another host', 'https://host/a', 'https://other/b', false],
    ['to a host below', 'https://host/a', 'https://a.host/b', false],
    ['to another port', 'http://host:1/a', 'http://host:2/b', false],
    ['to https on a port for http', 'http://host:1/a', 'https://host:1/b', false],
    ['to another host, written in another way', 'https://host/a', '//other/b', false],
    ['with a backslash', 'https://host/a', '\\\\other\\b', false],
  ])('%s', (_what, from, to, mayLeaveHost) => {
    expect(refusalCode(() => follow(from, to, 302, mayLeaveHost))).toBe('STORE_FAILED');
  });

  it('says where it leads, and tells no secret', () => {
    const error = refusal(() =>
      follow('https://ann:canary@host/a?canary', 'https://bo:canary@other/b?canary'),
    );
    expect(error.message).toContain('https://host/a?…');
    expect(error.message).toContain('https://other/b?…');
    expect(error.hint).toContain('REG_HTTP_REDIRECTS=allow');
    expect(error.message + error.hint).not.toContain('canary');
  });

  it('is an ordinary answer when it names nothing, or is no redirect', () => {
    const step = firstStep({ method: 'GET', url: 'https://host/a' });
    expect(redirected(step, { status: 302, headers: {} }, 5, false)).toBeUndefined();
    for (const status of [200, 201, 300, 304, 404])
      expect(redirected(step, { status, headers: { location: '/b' } }, 5, false)).toBeUndefined();
  });
});
