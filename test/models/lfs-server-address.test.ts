import { describe, expect, test } from 'vitest';
import type { LargeFiles } from '../../src/git/port.js';
import { findEndpoint, hostnameOf } from '../../src/models/lfs/endpoint.js';
import { memoryRepository } from '../support/memory.js';

/** What is found for a remote, the user's settings, and the file .lfsconfig of the commit. */
async function endpoint(
  url: string | undefined,
  settings: Readonly<Record<string, string>> = {},
  lfsconfig?: string,
) {
  const repository = memoryRepository({ name: 'Ann', email: 'ann@example.com', now: 1000, zone: '+0000' });
  const commit = repository.commit(lfsconfig === undefined ? {} : { '.lfsconfig': lfsconfig });
  const largeFiles: LargeFiles = {
    ...repository.largeFiles,
    remote: async () => (url === undefined ? undefined : { name: 'origin', url }),
    setting: async (key) => settings[key],
  };
  return findEndpoint({ ...repository, largeFiles }, commit);
}

describe('the server next to a remote (git-lfs docs/api/server-discovery.md)', () => {
  test.each([
    ['https://git-server.com/foo/bar', 'https://git-server.com/foo/bar.git/info/lfs'],
    ['https://git-server.com/foo/bar.git', 'https://git-server.com/foo/bar.git/info/lfs'],
    ['https://git-server.com/foo/bar/', 'https://git-server.com/foo/bar.git/info/lfs'],
    ['http://git-server.com:8080/bar/.git', 'http://git-server.com:8080/bar/.git/info/lfs'],
    ['https://ann:secret@git-server.com/bar', 'https://git-server.com/bar.git/info/lfs'],
  ])('%s', async (remote, url) => {
    expect(await endpoint(remote)).toMatchObject({ url, shown: url, isTrusted: true });
  });

  test.each([
    ['git@git-server.com:foo/bar.git', 'git-server.com:foo/bar.git'],
    ['ssh://git@git-server.com/foo/bar.git', 'ssh://git-server.com/foo/bar.git'],
    ['git://git-server.com/foo', 'git://git-server.com/foo'],
    ['/srv/models.git', '/srv/models.git'],
    ['file:///srv/models.git', 'file:///srv/models.git'],
  ])('%s is for git-lfs to ask', async (remote, shown) => {
    expect(await endpoint(remote)).toEqual({ remote: shown });
  });

  test('there is none without a remote', async () => {
    expect(await endpoint(undefined)).toBeUndefined();
  });

  test('a login in the address is one for it', async () => {
    const login = async (url: string) => (await endpoint(url)) as { login: unknown };
    expect((await login('https://ann:se%40cret@example.com/a')).login).toEqual({
      username: 'ann',
      password: 'se@cret',
    });
    expect((await login('https://ann@example.com/a')).login).toEqual({ username: 'ann' });
    expect((await login('https://example.com/a')).login).toEqual({});
  });
});

describe('what comes first', () => {
  const remote = 'https://ann:secret@example.com/a';
  const both = '[lfs]\nurl = https://example.com/c1\n[remote "origin"]\nlfsurl = https://example.com/c2\n';
  test.each([
    [
      { 'lfs.url': 'https://own.com/1', 'remote.origin.lfsurl': 'https://own.com/2' },
      both,
      'https://own.com/1',
    ],
    [{ 'remote.origin.lfsurl': 'https://own.com/2' }, both, 'https://example.com/c1'],
    [
      { 'remote.origin.lfsurl': 'https://own.com/2' },
      '[remote "origin"]\nlfsurl = https://example.com/c2\n',
      'https://own.com/2',
    ],
    [{}, both.replace(/url = .*\n/, 'x = y\n'), 'https://example.com/c2'],
    [
      {},
      '[lfs]\npushurl = https://example.com/p\n[remote "x"]\nlfsurl = https://a.com\n',
      'https://example.com/a.git/info/lfs',
    ],
  ])('settings %j', async (settings, lfsconfig, url) => {
    expect(await endpoint(remote, settings, lfsconfig)).toMatchObject({ url });
  });

  test('a setting that is no web address is for git-lfs to ask, and shown without its user', async () => {
    expect(await endpoint(remote, { 'lfs.url': 'ssh://git@example.com/x' })).toEqual({
      remote: 'ssh://example.com/x',
    });
  });
});

describe('whether the user agreed to a server that .lfsconfig names, and which login it gets', () => {
  const login = { username: 'ann', password: 'secret' };
  test.each([
    ['https://ann:secret@example.com/a', 'https://example.com/lfs', true, login],
    ['https://ann:secret@example.com/a', 'https://example.com:8443/lfs', true, {}],
    ['https://ann:secret@example.com/a', 'http://example.com/lfs', false, {}],
    ['http://ann:secret@example.com/a', 'http://example.com/lfs', true, login],
    ['https://ann:secret@example.com/a', 'https://example.com.evil.com/lfs', false, {}],
    ['https://ann:secret@example.com/a', 'https://example.com@evil.com/lfs', false, {}],
    ['https://ann:secret@example.com/a', 'https://bo:other@example.com/lfs', true, login],
    ['git@example.com:a', 'https://example.com/lfs', true, {}],
    ['git@example.com:a', 'http://example.com/lfs', false, {}],
    ['/srv/a', 'https://example.com/lfs', false, {}],
  ])('remote %s, server %s: %s', async (remote, server, isTrusted, expected) => {
    expect(await endpoint(remote, {}, `[lfs]\nurl = ${server}\n`)).toMatchObject({
      isTrusted,
      login: expected,
    });
  });
});

test('a huge .lfsconfig is not read', async () => {
  const lfsconfig = `# ${'x'.repeat(70_000)}\n`;
  await expect(endpoint('https://example.com/a', {}, lfsconfig)).rejects.toMatchObject({ code: 'TOO_LARGE' });
});

test.each([
  ['git@Example.com:a/b', 'example.com'],
  ['example.com:a/b', 'example.com'],
  ['ssh://git@example.com:22/a', 'example.com'],
  ['https://example.com/a:b', 'example.com'],
  ['/srv/a:b', undefined],
  ['../a', undefined],
  ['file:///srv/a', undefined],
])('the host of %s is %s', (address, hostname) => {
  expect(hostnameOf(address)).toBe(hostname);
});
