import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { dvcIn } from '../support/dvc-reading.js';
import { dvcConfig, dvcFile, pushTo, trackFile } from '../support/dvc-remote.js';
import { type Repository, sandbox } from '../support/repo.js';

const box = sandbox();
const remote = join(box.root, 'remote');
const model = trackFile('a model');
pushTo(remote, model);
const original = box.repository('original');
original.commit({ '.dvc/config': dvcConfig(remote), 'm.dvc': dvcFile('m', model) });
let count = 0;
let project: Repository;
const { find, failure } = dvcIn(box, () => project);
beforeEach(() => {
  count += 1;
  project = box.at(`project-${count}`);
  cpSync(original.dir, project.dir, { recursive: true });
});

describe('remotes that are refused', () => {
  test.each([
    ['gdrive://root/x', 'is a gdrive:// one'],
    ['hdfs://example.com/x', 'is a hdfs:// one'],
    ['webhdfs://example.com/x', 'is a webhdfs:// one'],
    ['webdavs://example.com/x', 'is a webdavs:// one'],
    ['oss://bucket/x', 'is a oss:// one'],
    ['dvc-encrypted://bucket/x', 'is a dvc-encrypted:// one'],
    ['ext::sh://x', 'is a folder of another machine, ext::sh://x'],
    ['azure://evil.example.com/container', 'has the url azure://evil.example.com/container'],
  ])('%s', async (url, why) => {
    project.commit({ '.dvc/config': dvcConfig(url) });
    const { code, message, hint } = await failure('m', { isHere: false });
    expect({ code, message }).toMatchObject({
      code: 'SOURCE_UNSUPPORTED',
      message: expect.stringContaining(`the DVC remote 'storage' ${why}`),
    });
    if (why.includes('//')) expect(hint).toMatch(/: dvc get \S+ m --rev [0-9a-f]{40}$|clone the repository/);
  });

  test('an alias of no remote, and one of itself', async () => {
    for (const url of ['remote://other/x', 'remote://storage/x']) {
      project.commit({ '.dvc/config': dvcConfig(url) });
      expect(await failure('m')).toMatchObject({
        code: 'SOURCE_UNSUPPORTED',
        message: expect.stringContaining('.dvc/config has no url of the remote'),
      });
    }
  });

  test.each([
    ['ssh://host/x', { user: '-oProxyCommand=id' }, "has the user '-oProxyCommand=id'"],
    ['ssh://host/x', { port: '-oProxyCommand=id' }, "has the port '-oProxyCommand=id'"],
    ['s3://bucket/x', { sse_customer_key: 'secret' }, 'is encrypted by a key of its own (sse_customer_key)'],
    ['s3://bucket/x', { endpointurl: 'ftp://example.com' }, 'has the endpointurl ftp://example.com'],
    [
      's3://bucket/x',
      { endpointurl: 'https://ann:secret@example.com' },
      'has the endpointurl https://example.com',
    ],
    ['s3://bucket/x', { region: 'x.evil.example.com/' }, "has the region 'x.evil.example.com/'"],
    [
      'azure://container/x',
      { account_name: 'evil.example.com/' },
      "has the account_name 'evil.example.com/'",
    ],
  ])('%s with %o', async (url, more: Record<string, string>, why) => {
    project.commit({ '.dvc/config': dvcConfig(url, more) });
    const { code, message } = await failure('m');
    expect({ code, message }).toEqual({
      code: 'SOURCE_UNSUPPORTED',
      message: `the DVC remote 'storage' ${why}, which is not supported`,
    });
    expect(message).not.toContain('secret');
  });
});

describe('outputs', () => {
  const { md5 } = model;
  test.each([
    ['no md5', 'outs: [{path: m}]', 'SOURCE_UNSUPPORTED'],
    ['an md5 that leads elsewhere', `outs: [{path: m, md5: ../../../${md5.slice(9)}}]`, 'SOURCE_UNSUPPORTED'],
    ['an md5 of other letters', `outs: [{path: m, md5: ${'g'.repeat(32)}}]`, 'SOURCE_UNSUPPORTED'],
    ['another hash', `outs: [{path: m, md5: ${md5}, hash: blake3}]`, 'SOURCE_UNSUPPORTED'],
    ['an etag', 'outs: [{path: m, etag: "123"}]', 'SOURCE_UNSUPPORTED'],
    ['a negative size', `outs: [{path: m, md5: ${md5}, size: -1}]`, 'SOURCE_UNSUPPORTED'],
    ['a size that is a text', `outs: [{path: m, md5: ${md5}, size: x}]`, 'SOURCE_UNSUPPORTED'],
    ['files of a version-aware remote', `outs: [{path: m, files: [{relpath: x}]}]`, 'SOURCE_UNSUPPORTED'],
    ['files that lead up', `outs: [{path: m, files: [{relpath: ../x, md5: ${md5}}]}]`, 'SOURCE_PATH'],
    [
      'files twice',
      `outs: [{path: m, files: [{relpath: x, md5: ${md5}}, {relpath: x, md5: ${md5}}]}]`,
      'SOURCE_PATH',
    ],
    ['an import of no path', `deps: [{md5: ${md5}}]\nouts: [{path: m}]`, 'SOURCE_UNSUPPORTED'],
    ['no copy', `outs: [{path: m, md5: ${md5}, cache: false}]`, 'SOURCE_PATH'],
    ['a path outside', `outs: [{path: ../m, md5: ${md5}}]`, 'SOURCE_PATH'],
    ['an absolute path', `outs: [{path: /m, md5: ${md5}}]`, 'SOURCE_PATH'],
    ['a URL', `outs: [{path: s3://bucket/m, md5: ${md5}}]`, 'SOURCE_PATH'],
    ['a wdir outside', `wdir: ../..\nouts: [{path: m, md5: ${md5}}]`, 'SOURCE_PATH'],
    ['a path that is a device on Windows', `outs: [{path: NUL, md5: ${md5}}]`, 'SOURCE_PATH'],
    ['a path that is a folder of git', `outs: [{path: .git, md5: ${md5}}]`, 'SOURCE_PATH'],
    ['a path with a backslash', `outs: [{path: 'a\\b', md5: ${md5}}]`, 'SOURCE_PATH'],
    ['the whole repository', `outs: [{path: ., md5: ${md5}}]`, 'SOURCE_PATH'],
    ['no outputs', 'deps: []', 'SOURCE_PATH'],
    ['a list', '- 1', 'SOURCE_UNSUPPORTED'],
    ['no YAML', '{', 'SOURCE_UNSUPPORTED'],
    ['a key twice', 'outs: []\nouts: []', 'SOURCE_UNSUPPORTED'],
    [
      'aliases that multiply',
      `a: &a [x, x]\nb: &b [${'*a, '.repeat(50)}]\nc: [${'*b, '.repeat(50)}]`,
      'SOURCE_UNSUPPORTED',
    ],
    ['levels without end', '['.repeat(10_000), 'SOURCE_UNSUPPORTED'],
    ['more than 16 MiB', `a: ${'x'.repeat(16 * 1024 * 1024)}`, 'TOO_LARGE'],
  ])('%s', async (_what, text, code) => {
    project.commit({ 'x.dvc': `${text}\n` });
    expect((await failure('x.dvc')).code).toBe(code);
  });

  test('what another path of the same file says does not matter', async () => {
    project.commit({ 'm.dvc': `outs: [{path: x}, {path: m, md5: ${md5}}, 1, null]\n` });
    expect((await find('m'))?.name).toBe('m');
  });

  test('a .dvc file that is a symbolic link is ignored', async () => {
    project.git(
      'update-index',
      '--add',
      '--cacheinfo',
      `120000,${project.git('hash-object', '-w', 'm.dvc')},l.dvc`,
    );
    project.git('commit', '--quiet', '-m', 'Link');
    expect(await find('l.dvc')).toBeUndefined();
    expect(await find('l')).toBeUndefined();
  });
});
