import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { jsonIn, regIn } from '../support/cli-here.js';
import { type Repository, sandbox } from '../support/repo.js';
import { serveHttp } from '../support/servers.js';
import { sha256 } from './registry.js';

const box = sandbox();
let upstream: Repository;

/** A registry whose `churn` is in prod as v1.0.0, and goes on to v1.1.0. */
beforeAll(async () => {
  upstream = box.repository('upstream');
  const reg = regIn(box, upstream.dir);
  const release = async (bytes: string, version: string): Promise<void> => {
    upstream.commit({ 'm.bin': bytes });
    await reg('link', 'm.bin', 'churn', '--rev', 'HEAD', '--force');
    upstream.commit({}, `Link ${bytes}`);
    await reg('register', 'churn', '--version', version);
    box.advance(60);
  };
  await release('one', 'v1.0.0');
  await reg('assign', 'churn@v1.0.0', 'prod');
  await release('two', 'v1.1.0');
});

function makeRegistry(name: string, files: Record<string, string> = {}) {
  const registry = box.repository(name);
  registry.commit({ 'README.md': name, ...files });
  return { registry, reg: regIn(box, registry.dir), json: jsonIn(box, registry.dir) };
}

describe('a link to an artifact of another registry', () => {
  test.each([
    ['what is in its stage', 'churn#prod', 'one'],
    ['a version', 'churn@v1.1.0', 'two'],
    ['the greatest version', 'churn@latest', 'two'],
  ])('%s', async (_what, ref, bytes) => {
    const { registry, reg, json } = makeRegistry(`ref-${ref.replace(/\W/g, '-')}`);
    const row = await json('link', ref, 'ours', '--source', '../upstream');
    expect(row).toMatchObject({ artifact: 'ours', commit: expect.any(String), sha256: sha256(bytes) });
    registry.commit({}, 'Link ours');
    expect((await reg('load', 'ours', '-o', '-')).stdout).toBe(bytes);
    expect((await reg('validate')).code).toBe(0);
  });

  test('it is pinned: what the stage holds later is outdated, until it is updated', async () => {
    const { registry, reg } = makeRegistry('pinned');
    await reg('link', 'churn#prod', 'ours', '--source', `file://${upstream.dir}`);
    registry.commit({}, 'Link ours');
    expect((await reg('outdated')).code).toBe(0);
    const there = regIn(box, upstream.dir);
    box.advance(60);
    await there('assign', 'churn@v1.1.0', 'prod');
    const { stdout, code } = await reg('outdated');
    expect(stdout).toMatch(/^ours\tchurn#prod\t[0-9a-f]{12}\t[0-9a-f]{12}\t-\n$/);
    expect(code).toBe(1);
    expect((await reg('load', 'ours', '-o', '-')).stdout).toBe('one');
    expect((await reg('update')).stdout).toBe('ours.model.yaml\n');
    registry.commit({}, 'Follow prod');
    expect((await reg('load', 'ours', '-o', '-')).stdout).toBe('two');
    await there('rollback', 'churn', 'prod');
  });

  test('a later version than the one that is linked is named; a registry is asked once for all links', async () => {
    upstream.tag('fraud@v1.0.0');
    const server = await serveHttp(box);
    const names = ['churn@v1.0.0', 'churn@v1.1.0', 'fraud@v1.0.0'];
    const files = names.map((rev, index): [string, string] => {
      const commit = upstream.git('rev-parse', `${rev}^{commit}`);
      const source = `repo: '${server.url}/upstream', rev: '${rev}', commit: ${commit}, path: m.bin`;
      return [`link-${index}.model.yaml`, `source: {${source}}\n`];
    });
    const { registry } = makeRegistry('later', Object.fromEntries(files));
    const trace = join(box.root, 'trace-outdated');
    const { stdout, code } = await regIn(box, registry.dir, { GIT_TRACE: trace })('outdated');
    await server.close();
    expect(stdout).toMatch(/^link-0\tchurn@v1\.0\.0\t([0-9a-f]{12})\t\1\tchurn@v1\.1\.0\n$/);
    expect(code).toBe(1);
    const asked = readFileSync(trace, 'utf8').match(/ built-in: git (ls-remote|fetch) /g);
    // its configuration, which may exclude artifacts, and its tags
    expect(asked).toEqual([' built-in: git ls-remote ', ' built-in: git fetch ', ' built-in: git fetch ']);
  });

  test('a path leads to a file of that commit, or through another link file', async () => {
    const { reg } = makeRegistry('paths', {
      'file.model.yaml': "source: {repo: ../upstream, rev: 'churn#prod', path: m.bin}\n",
      'link.model.yaml': "source: {repo: ../upstream, rev: 'churn#prod', path: churn.model.yaml}\n",
    });
    expect((await reg('load', 'file', '-o', '-')).stdout).toBe('one');
    expect((await reg('load', 'link', '-o', '-')).stdout).toBe('one');
  });

  test('a link of three steps; every promise on the way is kept, or nothing is loaded', async () => {
    makeRegistry('middle', { 'mid.model.yaml': "source: {repo: ../upstream, rev: 'churn@v1.0.0'}\n" });
    const { registry, reg } = makeRegistry('end', {
      'end.model.yaml': 'source: {repo: ../middle, rev: main, path: mid.model.yaml}\n',
    });
    expect((await reg('load', 'end')).stdout).toBe('m.bin\n');
    makeRegistry('liar', {
      'mid.model.yaml': `source: {repo: ../upstream, rev: 'churn@v1.0.0'}\nsha256: ${'0'.repeat(64)}\n`,
    });
    registry.commit({ 'end.model.yaml': 'source: {repo: ../liar, rev: main, path: mid.model.yaml}\n' });
    const run = await reg('load', 'end', '-o', '-');
    expect(run).toMatchObject({ stdout: '', code: 1 });
    expect(run.stderr).toContain('are not those that its link promises');
  });
});

describe('what leads nowhere', () => {
  test('a circle is named', async () => {
    makeRegistry('circle-a', {
      'a.model.yaml': 'source: {repo: ../circle-b, rev: main, path: b.model.yaml}\n',
    });
    makeRegistry('circle-b', {
      'b.model.yaml': 'source: {repo: ../circle-a, rev: main, path: a.model.yaml}\n',
    });
    const { stderr, code } = await regIn(box, join(box.root, 'circle-a'))('load', 'a');
    expect(stderr).toMatch(
      /links lead in a circle: b\.model\.yaml at .* -> a\.model\.yaml at .* -> b\.model\.yaml/,
    );
    expect(code).toBe(1);
  });

  test('a link to itself', async () => {
    const { reg } = makeRegistry('self', { 'a.model.yaml': 'source: {path: a.model.yaml}\n' });
    expect((await reg('load', 'a')).stderr).toContain('links lead in a circle');
  });

  test('too many links', async () => {
    const links = Array.from({ length: 12 }, (_, n) => [
      `l${n}.model.yaml`,
      `source: {path: l${n + 1}.model.yaml}\n`,
    ]);
    const { reg } = makeRegistry('long', {
      ...Object.fromEntries(links),
      'l12.model.yaml': 'source: {path: README.md}\n',
    });
    expect((await reg('load', 'l0')).stderr).toContain('more than 10 links');
    expect((await reg('load', 'l3', '-o', '-')).stdout).toBe('long');
  });

  test.each([
    ['an empty stage', 'churn#dev', 'churn'],
    ['an unknown version', 'churn@v9.0.0', 'v9.0.0'],
    ['an unknown artifact', 'fraud#prod', 'fraud'],
  ])('%s', async (_what, ref, message) => {
    const { reg } = makeRegistry(`nowhere-${ref.replace(/\W/g, '-')}`, {
      'a.model.yaml': `source: {repo: ../upstream, rev: '${ref}'}\n`,
    });
    const run = await reg('load', 'a');
    expect(run).toMatchObject({ stdout: '', code: 1 });
    expect(run.stderr).toContain(message);
  });
});

test('a relative folder of a store starts at the top of the registry', async () => {
  const { registry, reg } = makeRegistry('stored', { 'm.model.yaml': 'source: {url: ./kept/m.bin}\n' });
  mkdirSync(join(registry.dir, 'kept'));
  writeFileSync(join(registry.dir, 'kept/m.bin'), 'kept');
  expect((await reg('load', 'm', '-o', '-')).stdout).toBe('kept');
});
