import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it, test } from 'vitest';
import { webConfig } from '../../src/git/open.js';
import { basicAuth, netrcLogin } from '../../src/net/credentials.js';
import { openWeb } from '../../src/stores/http.js';
import { failure } from '../contract/stores-objects.js';
import { LOGIN, secretsOf } from '../support/canary.js';
import { type FileServer, serveFiles } from '../support/file-server.js';
import { type Env, sandbox } from '../support/repo.js';

const box = sandbox();
const [username = '', password = ''] = LOGIN.split(':');
const WANTED = basicAuth({ username, password });
let server: FileServer;
let other: FileServer;
/** The status of a request without the login. */
let refusal = 401;
beforeAll(async () => {
  server = await serveFiles(box.root);
  other = await serveFiles(box.root);
  server.put('m.bin', Buffer.from('0123456789'));
  server.be(({ headers }, response, serve) =>
    headers.authorization === WANTED ? serve() : void response.writeHead(refusal).end('no'),
  );
});
afterEach(() => {
  refusal = 401;
  server.requests.length = 0;
  other.requests.length = 0;
});
afterAll(() => Promise.all([server.close(), other.close()]));

function homeWith(files: Readonly<Record<string, string>>): Env {
  const HOME = join(box.root, randomUUID());
  mkdirSync(HOME);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(HOME, name), text);
  return { HOME };
}

async function open(REG_GIT: string, own: Env, url = server.url) {
  const env = { ...box.env, REG_HTTP_PRIVATE: 'allow', REG_GIT, ...own };
  return openWeb(url, { env }, { web: await webConfig({ folder: box.root, env, reach: 'linked' }) });
}
const read = async (...asked: Parameters<typeof open>): Promise<string> =>
  String(await buffer(await (await open(...asked)).read('m.bin')));

const helper = (context = ''): string =>
  `[credential${context}]\n\thelper = "!f() { test $1 != get || printf 'username=${username}\\\\npassword=${password}\\\\n'; }; f"\n`;
const netrc = `machine 127.0.0.1 login ${username} password ${password}\n`;
const variable = (): string => `REG_TOKEN_127_0_0_1_${new URL(server.url).port}`;

describe.each(['git', 'embedded'])('a private file of a web server, REG_GIT=%s', (mode) => {
  const ways: [string, () => Env][] = [
    ['.netrc', () => homeWith({ '.netrc': netrc })],
    ['REG_TOKEN_<HOST>', () => ({ [variable()]: LOGIN })],
    [
      'a header for its address',
      () => homeWith({ '.gitconfig': `[http "${server.url}"]\n\textraHeader = Authorization: ${WANTED}\n` }),
    ],
    ...(mode === 'git'
      ? [
          ['a credential helper of git', () => homeWith({ '.gitconfig': helper(` "${server.url}"`) })] as [
            string,
            () => Env,
          ],
        ]
      : []),
  ];
  it.each(ways)('is read with %s', async (_what, env) => {
    expect(await read(mode, env())).toBe('0123456789');
    const store = await open(mode, env());
    expect(await store.stat('m.bin')).toMatchObject({ size: 10 });
  });

  it('is read with .netrc where the server hides it', async () => {
    refusal = 404;
    expect(await read(mode, homeWith({ '.netrc': netrc }))).toBe('0123456789');
  });

  it('a header for all addresses and a login of another host stay here', async () => {
    const files = {
      '.gitconfig': `[http]\n\textraHeader = X-Secret: canary\n[http "https://other.example/"]\n\textraHeader = X-Other: canary\n`,
      '.netrc': `machine other.example login a password b\ndefault login c password d\n`,
    };
    await failure(read(mode, homeWith(files)));
    const names = server.requests.flatMap(({ headers }) => Object.keys(headers));
    expect(names.filter((name) => /^x-|authorization/.test(name))).toEqual([]);
  });

  it('a helper in shell that is for every host is not asked', async () => {
    await failure(read(mode, homeWith({ '.gitconfig': helper() })));
    expect(server.requests.every(({ headers }) => headers.authorization === undefined)).toBe(true);
  });

  it('a redirect to another host takes no login along', async () => {
    server.put('moved/m.bin', Buffer.from('0123456789'));
    const local = other.url.replace('127.0.0.1', 'localhost');
    other.be((request, response, serve) =>
      request.headers.host?.startsWith('localhost')
        ? serve()
        : void response.writeHead(302, { location: `${local}m.bin` }).end(),
    );
    const token = { [`REG_TOKEN_127_0_0_1_${new URL(other.url).port}`]: LOGIN, REG_HTTP_REDIRECTS: 'allow' };
    await read(mode, token, other.url);
    expect(other.requests.map(({ headers }) => headers.authorization)).toEqual([WANTED, undefined]);
  });

  it('without a login it is an error whose hint leads out, and a wrong one is not in it', async () => {
    const error = await failure(read(mode, {}));
    expect(error.hint).toContain(`set ${variable()}=`);
    expect(error.hint).toContain('.netrc');
    expect(error.hint).not.toContain('@');
    const wrong = 'canary-user:canary-wrong';
    const refused = await failure(read(mode, { [variable()]: wrong }));
    for (const secret of secretsOf(wrong)) expect(refused.message + refused.hint).not.toContain(secret);
  });
});

test.each<[string, string, string | undefined, object | undefined]>([
  ['in one line', 'machine h login a password b', undefined, { username: 'a', password: 'b' }],
  ['in several', 'machine h\n\tpassword b\n\tlogin a\n', undefined, { username: 'a', password: 'b' }],
  ['in quotes', 'machine h login a password "b c\\"d"', undefined, { username: 'a', password: 'b c"d' }],
  [
    'behind another',
    'machine x login c password d\nmachine H login a password b',
    undefined,
    { username: 'a', password: 'b' },
  ],
  [
    'of the user',
    'machine h login c password d machine h login a password b',
    'a',
    { username: 'a', password: 'b' },
  ],
  ['of another user', 'machine h login c password d', 'a', undefined],
  ['of a host called machine', 'machine machine login login password password', undefined, undefined],
  ['for all', 'default login a password b', undefined, undefined],
  [
    'behind that for all',
    'machine h login a password b\ndefault login c password d',
    undefined,
    { username: 'a', password: 'b' },
  ],
  [
    'in a macro',
    'macdef init\nmachine h login a password b\n\nmachine h login c password d',
    undefined,
    { username: 'c', password: 'd' },
  ],
  ['in a comment', '# machine h login a password b\n', undefined, undefined],
  ['without a password', 'machine h login a', undefined, undefined],
])('a login of .netrc %s', (_what, text, user, login) => {
  expect(netrcLogin(text, 'h', user)).toEqual(login);
});
