import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { runHere } from '../support/here.js';
import { type Repository, sandbox } from '../support/repo.js';
import { makeRegistry, tagHourly } from './registry.js';

// Files and tags are read when they are within their limits, which are asked before (docs/specification.md, 5 Commands).

const box = sandbox();

/** More than git is allowed to take for a tag. */
const SIZE = 160 * 1024 * 1024;

/** Writes a huge object of zeros behind some bytes, which is small as a file; gives its id. */
function writeHuge({ dir }: Repository, type: string, start: string): string {
  const whole = Buffer.concat([Buffer.from(`${type} ${start.length + SIZE}\0${start}`), Buffer.alloc(SIZE)]);
  const oid = createHash('sha1').update(whole).digest('hex');
  const file = join(dir, '.git/objects', oid.slice(0, 2), oid.slice(2));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, deflateSync(whole, { level: 1 }));
  return oid;
}

const registry = makeRegistry(box, 'huge', 'churn', 'fraud');
tagHourly(box, registry, 'churn@v1.0.0', 'churn#prod#1', 'fraud@v1.0.0');

beforeAll(() => {
  const commit = registry.git('rev-parse', 'HEAD');
  const tag = `object ${commit}\ntype commit\ntag churn@v2.0.0\ntagger A <a@example.com> 1767225600 +0000\n\n`;
  registry.writeTagRef('churn@v2.0.0', `${writeHuge(registry, 'tag', tag)}\n`);
  const blob = writeHuge(registry, 'blob', '');
  for (const path of ['dvc.yaml', 'evil.model.yaml'])
    registry.git('update-index', '--add', '--cacheinfo', `100644,${blob},${path}`);
  registry.git('commit', '--quiet', '--message', 'Huge files');
});

describe.each(['git', 'embedded'])('%s: a huge tag and huge files', (mode) => {
  const reg = (...args: string[]) =>
    runHere(
      { cwd: registry.dir, env: { ...box.env, XDG_CACHE_HOME: join(box.root, mode), REG_GIT: mode } },
      ...args,
    );

  test('keep nothing else from being answered', async () => {
    for (const args of [
      ['which', 'churn', 'prod'],
      ['latest', 'churn'],
      ['latest', 'fraud'],
    ])
      expect([args, await reg(...args)]).toMatchObject([args, { code: 0, stdout: 'v1.0.0\n', stderr: '' }]);
    const { code, stdout, stderr } = await reg('show');
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(/^warning: dvc.yaml:1 cannot be read: .* bytes/),
    ]);
    expect(stdout).toContain('fraud\tv1.0.0');
  });

  test('are findings', async () => {
    const found = JSON.parse((await reg('doctor', '--offline', '--json')).stdout);
    const seen = found.map(({ check, subject }: { check: string; subject: string }) => [check, subject]);
    for (const one of [
      ['malformed', 'churn@v2.0.0'],
      ['declaration', 'dvc.yaml'],
      ['declaration', 'evil.model.yaml'],
    ])
      expect(seen).toContainEqual(one);
    const described = await reg('describe', 'evil');
    expect(described).toMatchObject({ code: 1, stdout: '' });
    expect(described.stderr).toMatch(/^error: evil.model.yaml:1: the file is larger than 65536 bytes/);
  });
});
