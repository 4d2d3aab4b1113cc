import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { guarded } from '../../src/checks/guard.js';
import { validate } from '../../src/checks/validate.js';
import { parseLocation } from '../../src/domain/location.js';
import type { Lookup } from '../../src/net/private-address.js';
import { openContext } from '../../src/open.js';
import { type LfsServer, serveLfs } from '../support/lfs-server.js';
import { sandbox } from '../support/repo.js';

const box = sandbox();
const research = box.repository('research');
const commit = research.commit({ 'm.bin': 'model' });
const registry = box.repository('registry');
registry.commit();
registry.git('clone', '--quiet', '--bare', '.', '../shared.git');
registry.git('remote', 'add', 'origin', join(box.root, 'shared.git'));
mkdirSync(join(box.root, 'secret'));
writeFileSync(join(box.root, 'secret/key'), 'secret');

const contextOf = (env = {}) =>
  openContext('.', { env: { ...box.env, ...env }, cwd: registry.dir, now: () => 0 });
async function findings(link: string, env = {}): Promise<string[]> {
  writeFileSync(join(registry.dir, 'a.model.yaml'), link);
  const { findings } = await validate(await contextOf(env), {});
  return findings.filter(({ level }) => level === 'error').map(({ rule, message }) => `${rule}: ${message}`);
}
const CI = { CI: 'true' };
const OUTSIDE = /^link-resolves: .* is outside the repository, and in CI no link may lead there/;
const BY_REPO = `source: {repo: ../research, rev: main, commit: ${commit}, path: m.bin}\n`;
const BY_URL = `source: {url: 'file://${box.root}/secret/key'}\n`;
const BY_PATH = 'source: {url: ../secret/key}\n';

describe('a link to a folder outside the repository', () => {
  test.each([BY_REPO, BY_URL, BY_PATH])('%s', async (link) => {
    // on the machine of a person the bytes are read
    expect(await findings(link)).toEqual([
      'link-bytes: sha256 is missing, so changed bytes cannot be detected',
    ]);
    const [first = '', ...others] = await findings(link, CI);
    expect(first).toMatch(OUTSIDE);
    expect(others).toEqual([]);
  });

  test('is allowed where the default branch says so, and not where the change does', async () => {
    const config = `sources: {allow: ['file://${box.root}/secret', ../research]}\n`;
    writeFileSync(join(registry.dir, '.reg.yaml'), config);
    expect((await findings(BY_URL, CI))[0]).toMatch(OUTSIDE);
    registry.commit({ '.reg.yaml': config });
    registry.git('push', '--quiet', 'origin', 'main');
    for (const link of [BY_URL, BY_PATH, BY_REPO])
      expect((await findings(link, CI))[0]).toMatch(/^link-bytes: sha256 is missing/);
    expect((await findings(`source: {url: ../secretly}\n`, CI))[0]).toMatch(OUTSIDE);
  });
});

test('a store behind ssh in a private network is not asked', async () => {
  expect(await findings("source: {url: 'ssh://127.0.0.1:9/models/m.bin'}\n")).toEqual([
    expect.stringMatching(/^link-resolves: 127\.0\.0\.1 is an address of a private network/),
  ]);
});

describe('a server of large files that a source names', () => {
  let server: LfsServer;
  beforeAll(async () => {
    server = await serveLfs(box);
  });
  afterAll(() => server.close());

  test('may be in a private network where the default branch allows it', async () => {
    const large = box.repository('large');
    const bytes = Buffer.from('large model');
    const commit = large.commit({
      '.lfsconfig': `[lfs]\n\turl = ${server.url}/large/.git/info/lfs\n`,
      'm.bin': server.put(bytes),
    });
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const link = `source: {repo: ../large, rev: main, commit: ${commit}, path: m.bin}\nsha256: ${sha256}\nsize: ${bytes.length}\n`;
    expect(await findings(link)).toEqual([expect.stringMatching(/^link-resolves: .*private/)]);
    registry.commit({ '.reg.yaml': 'hosts: {allow: [127.0.0.1]}\n' });
    registry.git('push', '--quiet', 'origin', 'main');
    expect(await findings(link)).toEqual([]);
  });
});

describe('a repository at a private address', () => {
  const lookup: Lookup = (hostname, _options, callback) => {
    const addresses: Record<string, string> = { 'inside.example': '10.1.2.3', 'outside.example': '1.1.1.1' };
    const address = addresses[hostname];
    if (address === undefined) callback(Object.assign(new Error('not found'), { code: 'ENOTFOUND' }), []);
    else callback(null, [{ address, family: 4 }]);
  };
  /** Whether a guard lets a source be opened. */
  async function passes(url: string, allow: string[] = [], env = {}): Promise<boolean> {
    const context = await contextOf(env);
    const opened: string[] = [];
    const sources = {
      openSource: async () => {
        opened.push(url);
        return context.repository;
      },
    };
    const guard = guarded({ ...context, sources }, { root: '/', hosts: { allow }, sources: {}, lookup });
    await guard.sources.openSource(parseLocation(url)).catch(() => undefined);
    return opened.length === 1;
  }

  test.each([
    'git://inside.example/r',
    'ssh://git@inside.example/r',
    'ssh://git@inside.example:2222/r',
    'git@inside.example:r.git',
    'http://inside.example/r',
    'http://INSIDE.example:8080/r',
    'git://10.1.2.3/r',
    'http://127.1/r',
    'http://[::1]/r',
    'git@[fd00::1]:r',
    'http://localhost/r',
  ])('%s is refused unless it is allowed', async (url) => {
    expect(await passes(url)).toBe(false);
    expect(
      await passes(url, ['inside.example', '10.0.0.0/8', '127.0.0.1', '::1', 'fd00::/8', 'localhost']),
    ).toBe(true);
    expect(await passes(url, ['192.168.0.0/16', 'other.example'])).toBe(false);
    expect(await passes(url, [], { REG_HTTP_PRIVATE: 'allow' })).toBe(true);
  });

  test.each(['git://outside.example/r', 'git@alias-of-ssh:r', 'https://inside.example/r'])(
    '%s is asked',
    async (url) => {
      expect(await passes(url)).toBe(true);
    },
  );

  test('a network allows a name whose address is in it', async () => {
    expect(await passes('git://inside.example/r', ['10.0.0.0/8'])).toBe(true);
  });

  test('a login in an address is never used', async () => {
    expect(await passes('https://ann:token@outside.example/r')).toBe(false);
    expect(await passes('ssh://git@outside.example/r')).toBe(true);
  });
});
