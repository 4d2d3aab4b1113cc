import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { LOGIN, secretsOf } from '../support/canary.js';
import { type LfsServer, serveLfs } from '../support/lfs-server.js';
import { hasGitLfs, readingIn } from '../support/lfs-server-reading.js';
import { type Env, sandbox } from '../support/repo.js';
import { makeAuthority } from '../support/tls.js';

// A private server as companies have it: its own authority, logins, headers and addresses. What git and git-lfs do by the
// user's configuration, reg does with git and without it.

const box = sandbox();
const { read, failure } = readingIn(box);
const authority = makeAuthority(box);
const bytes = randomBytes(400);
const research = box.repository('research');
const WANTED = { 'x-one': '1', 'x-two': 'canary-two' };
const [USER = '', PASSWORD = ''] = LOGIN.split(':');
let safe: LfsServer;
let picky: LfsServer;
let proxy: Server;
const proxied: string[] = [];
let commit: string;
beforeAll(async () => {
  safe = await serveLfs(box, { login: LOGIN, tls: authority });
  picky = await serveLfs(box, { headers: WANTED });
  picky.put(bytes);
  commit = research.commit({ 'm.bin': safe.put(bytes) });
  proxy = createServer();
  proxy.on('connect', (request, socket) => {
    proxied.push(request.url ?? '');
    const [host = '', port] = (request.url ?? '').split(':');
    const there = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      there.pipe(socket).pipe(there);
    });
    for (const end of [socket, there]) end.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
});
afterAll(() => Promise.all([safe.close(), picky.close(), proxy.close()]));
beforeEach(() => {
  safe.requests.length = 0;
  proxied.length = 0;
});

let homes = 0;
/** The home of a user with these files. */
function homeWith(files: Readonly<Record<string, string>>): Env {
  homes += 1;
  const home = join(box.root, `home-${homes}`);
  mkdirSync(home);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(home, name), text, { mode: 0o600 });
  return { HOME: home };
}

const netrc = (): string =>
  `machine other.example login x password y\nmachine 127.0.0.1\n  login ${USER}\n  password ${PASSWORD}\n`;
const trusted = (): string => `[http]\n\tsslCAInfo = ${authority.caFile}\n`;
const at = (server: LfsServer, login = ''): string =>
  `${server.url.replace('://', `://${login}`)}/research/.git`;

/** A way in which a user reaches a private server. */
interface Way {
  what: string;
  url: () => string;
  files: () => Record<string, string>;
  env?: () => Env;
  /** Whether only the git program knows it. */
  needsGit?: boolean;
  check?: () => void;
}

const WAYS: readonly Way[] = [
  {
    what: 'http.sslCAInfo, and a login of .netrc',
    url: () => at(safe),
    files: () => ({ '.gitconfig': trusted(), '.netrc': netrc() }),
  },
  {
    what: 'http.<url>.sslCAInfo before that of all',
    url: () => at(safe),
    files: () => ({
      '.gitconfig': `[http "${safe.url}/"]\n\tsslCAInfo = ${authority.caFile}\n[http]\n\tsslCAInfo = /nowhere.pem\n`,
      '.netrc': netrc(),
    }),
  },
  {
    what: 'GIT_SSL_CAINFO, and a login in the address',
    url: () => at(safe, `${LOGIN}@`),
    files: () => ({}),
    env: () => ({ GIT_SSL_CAINFO: authority.caFile }),
  },
  {
    what: 'http.<url>.sslVerify=false',
    url: () => at(safe, `${LOGIN}@`),
    files: () => ({ '.gitconfig': `[http "${safe.url}"]\n\tsslVerify = false\n` }),
  },
  {
    what: 'insteadOf',
    url: () => 'https://models.invalid/research/.git',
    files: () => ({
      '.gitconfig': `${trusted()}[url "${safe.url}/"]\n\tinsteadOf = https://models.invalid/\n`,
      '.netrc': netrc(),
    }),
  },
  {
    what: 'insteadOf with a login, for an address of ssh',
    url: () => 'git@models.invalid:research/.git',
    files: () => ({
      '.gitconfig': `${trusted()}[url "${safe.url.replace('://', `://${LOGIN}@`)}/"]\n\tinsteadOf = git@models.invalid:\n`,
    }),
  },
  {
    what: 'several http.extraHeader',
    url: () => at(picky),
    files: () => ({ '.gitconfig': '[http]\n\textraHeader = X-One: 1\n\textraHeader = X-Two: canary-two\n' }),
  },
  {
    what: 'http.extraHeader of all and of an address',
    url: () => at(picky),
    files: () => ({
      '.gitconfig': `[http]\n\textraHeader = X-Two: other\n\textraHeader =\n\textraHeader = X-One: 1\n[http "${picky.url}"]\n\textraHeader = X-Two: canary-two\n`,
    }),
  },
  {
    what: 'http.proxy, which an included file has',
    url: () => at(safe),
    files: () => ({
      '.gitconfig': `${trusted()}[include]\n\tpath = proxy.config\n`,
      'proxy.config': `[http "${safe.url}"]\n\tproxy = 127.0.0.1:${(proxy.address() as AddressInfo).port}\n`,
      '.netrc': netrc(),
    }),
    check: () => expect(new Set(proxied)).toEqual(new Set([new URL(safe.url).host])),
  },
  {
    what: 'REG_TOKEN_<HOST> with a port',
    url: () => at(safe),
    files: () => ({ '.gitconfig': trusted() }),
    env: () => ({ [`REG_TOKEN_127_0_0_1_${new URL(safe.url).port}`]: LOGIN }),
  },
  {
    what: 'a credential helper, where .netrc has an old login',
    url: () => at(safe),
    files: () => ({
      '.gitconfig': `${trusted()}[credential]\n\thelper = "!f() { test $1 != get || echo username=${USER} password=${PASSWORD} | tr ' ' '\\\\n'; }; f"\n`,
      '.netrc': `machine 127.0.0.1 login ${USER} password old\n`,
    }),
    needsGit: true,
  },
];

describe.each(['git', 'embedded'])('REG_GIT=%s', (REG_GIT) => {
  const ways = WAYS.filter(({ needsGit }) => !needsGit || REG_GIT === 'git');
  test.each(ways)('$what', async ({ url, files, env, check }) => {
    const all = { ...homeWith(files()), ...env?.(), REG_GIT };
    const got = await read({ repo: url(), commit, path: 'm.bin', env: all });
    expect(got.equals(bytes)).toBe(true);
    check?.();
  });

  test('an authority that is not trusted is an error with a way out', async () => {
    const files = { '.netrc': netrc() };
    const error = await failure({
      repo: at(safe),
      commit,
      path: 'm.bin',
      env: { ...homeWith(files), REG_GIT },
    });
    expect(error.code).toBe('REMOTE_FAILED');
    expect(error.message).toMatch(/certificate/);
  });

  test('no login and no header is in the error of a server that refuses', async () => {
    const files = {
      '.gitconfig': `${trusted()}[url "${safe.url.replace('://', '://canary-user:canary-old@')}/"]\n\tinsteadOf = https://models.invalid/\n[http]\n\textraHeader = X-Two: canary-header\n`,
    };
    const repo = 'https://models.invalid/research/.git';
    const error = await failure({ repo, commit, path: 'm.bin', env: { ...homeWith(files), REG_GIT } });
    expect(error.code).toBe('REMOTE_FAILED');
    for (const secret of [...secretsOf('canary-user:canary-old'), 'canary-header'])
      expect(error.message + error.hint).not.toContain(secret);
  });
});

// git-lfs takes the headers of the address alone, and git those of both
test.runIf(hasGitLfs).each(WAYS.filter(({ what }) => !/REG_TOKEN|of all and of an address/.test(what)))(
  'git-lfs itself goes the same way: $what',
  async ({ url, files, env }) => {
    const all = { ...box.env, ...homeWith(files()), ...env?.() };
    homes += 1;
    const clone = join(box.root, `clone-${homes}`);
    const git = (...args: string[]) => promisify(execFile)('git', args, { env: all, timeout: 20_000 });
    await git('clone', '--quiet', url(), clone);
    await git('-C', clone, 'lfs', 'fetch', 'origin', commit);
  },
);
