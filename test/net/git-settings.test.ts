import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSettings } from '../../src/git/files/settings.js';
import { httpSettingsFor, insteadOf } from '../../src/net/git-settings.js';
import { sandbox } from '../support/repo.js';

const box = sandbox();
let count = 0;
/** Settings as git reads them from a file, and git with the same file. */
async function settingsOf(text: string) {
  count += 1;
  const HOME = join(box.root, `home-${count}`);
  mkdirSync(HOME);
  writeFileSync(join(HOME, '.gitconfig'), text);
  const env = { ...box.env, HOME };
  const git = (...args: string[]): string => {
    try {
      return execFileSync('git', args, { cwd: box.root, env, encoding: 'utf8', stdio: 'pipe' }).trim();
    } catch {
      return '';
    }
  };
  return { settings: await readSettings(env), git };
}

describe('http.<url>.* fits as git says', () => {
  const patterns = [
    'https://host.example',
    'https://host.example/',
    'https://host.example/team',
    'https://host.example/team/',
    'https://host.example/team/repo.git',
    'https://host.example/te',
    'https://HOST.example:443/team',
    'https://*.example/',
    'https://*.example/team/repo.git/x',
    'https://ann@host.example/',
    'https://host.example:8443/',
    'http://host.example/',
  ];
  const urls = [
    'https://host.example/team/repo.git',
    'https://host.example/',
    'https://host.example:8443/team/',
    'http://host.example/team',
    'https://ann@host.example/team/repo.git',
    'https://a.host.example/team',
    'https://other.example/team',
  ];
  const set = (address: string, value: string): string => `[http "${address}"]\n\tproxy = ${value}\n`;
  const files = [
    '',
    '[http]\n\tproxy = all\n',
    ...patterns.map((one) => set(one, 'one')),
    patterns.map((one, index) => set(one, `p${index}`)).join(''),
    `${patterns
      .map((one, index) => set(one, `p${index}`))
      .reverse()
      .join('')}[http]\n\tproxy = all\n`,
  ];
  it.each(files)('%j', async (text) => {
    const { settings, git } = await settingsOf(text);
    for (const url of urls) {
      const { proxy = '' } = httpSettingsFor(settings, new URL(url), box.env);
      expect({ url, proxy }).toEqual({ url, proxy: git('config', '--get-urlmatch', 'http.proxy', url) });
    }
  });
});

it.each([
  '',
  '[url "https://mirror/"]\n\tinsteadOf = https://host/\n',
  '[url "https://mirror/"]\n\tinsteadOf = https://host/\n[url "git@host:"]\n\tinsteadOf = https://host/team/\n',
  '[url "https://ann:secret@host/"]\n\tinsteadOf = https://host/\n\tinsteadOf = gh:\n',
  '[url "a/"]\n\tinsteadOf = gh:\n[url "b/"]\n\tinsteadOf = gh:\n',
])('insteadOf is that of git: %j', async (text) => {
  const { settings, git } = await settingsOf(text);
  for (const url of ['https://host/team/repo', 'https://host', 'gh:team/repo', 'git@other:x', '/a/path'])
    expect(insteadOf(settings, url)).toBe(git('ls-remote', '--get-url', url));
});

it('several headers add up, an empty one takes away those before it, and variables come before files', async () => {
  const { settings } = await settingsOf(
    '[http]\n\textraHeader = X-A: 1\n\textraHeader =\n\textraHeader = X-B: 2\n\textraHeader = x-b: 3\n\tsslVerify = false\n\tsslCAInfo = ~/ca.pem\n',
  );
  const at = new URL('https://host/');
  expect(httpSettingsFor(settings, at, { HOME: '/home/ann' })).toMatchObject({
    headers: { 'x-b': '2, 3' },
    verify: false,
    caFile: '/home/ann/ca.pem',
  });
  expect(httpSettingsFor(settings, at, { GIT_SSL_CAINFO: '/other.pem' }, 'meant')).toMatchObject({
    headers: {},
    caFile: '/other.pem',
  });
  expect(httpSettingsFor([], at, { GIT_SSL_NO_VERIFY: 'true' }).verify).toBe(false);
});
