import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { regIn } from '../support/cli-here.js';
import { sandbox } from '../support/repo.js';
import { type GitServer, serveHttp } from '../support/servers.js';
import { MODEL_PATH, makeResearch, sha256 } from './registry.js';

const box = sandbox();
const research = makeResearch(box);
const registry = box.repository('registry');
const BYTES = 'the bytes of a model';
let server: GitServer;
afterAll(() => server.close());

beforeAll(async () => {
  server = await serveHttp(box);
  research.commit({ [MODEL_PATH]: BYTES });
  research.tag('v2');
  await regIn(box, registry.dir)('link', MODEL_PATH, 'cost', '--source', '../research', '--rev', 'v2');
  const elsewhere = `${server.url}/research`;
  await regIn(box, registry.dir)('link', MODEL_PATH, 'far', '--source', elsewhere, '--rev', 'v2');
  registry.commit({ 'open.model.yaml': `source: {repo: ../research, rev: v2, path: ${MODEL_PATH}}\n` });
});

let count = 0;
/** A cache of its own. */
function withCache() {
  count += 1;
  const cache = join(box.root, `cache-${count}`);
  const env = { XDG_CACHE_HOME: cache };
  const entry = join(cache, 'reg/models', sha256(BYTES));
  return { cache, entry, reg: regIn(box, registry.dir, env) };
}

// a source on this machine is read where it is, and has no place in the cache
test('what was loaded once is loaded again without its source', async () => {
  const { reg } = withCache();
  expect((await reg('load', 'far', '-o', `first-${count}`)).code).toBe(0);
  renameSync(research.dir, `${research.dir}-away`);
  try {
    expect((await reg('load', 'far', '-o', `second-${count}`)).code).toBe(0);
    expect((await reg('load', 'far', '-o', '-')).stdout).toBe(BYTES);
    expect((await reg('load', 'open', '-o', '-')).code).toBe(1);
  } finally {
    renameSync(`${research.dir}-away`, research.dir);
  }
  expect(readFileSync(join(registry.dir, `second-${count}`), 'utf8')).toBe(BYTES);
});

test('a changed cache is never trusted', async () => {
  const { entry, reg } = withCache();
  await reg('load', 'cost', '-o', '-');
  const [name = ''] = readdirSync(entry);
  writeFileSync(join(entry, name), 'something else');
  expect((await reg('load', 'cost', '-o', '-')).stdout).toBe(BYTES);
  expect(readFileSync(join(entry, name), 'utf8')).toBe(BYTES);
});

test('writing into a loaded file spoils no other one', async () => {
  const { reg } = withCache();
  const [a, b] = ['a', 'b'].map((name) => join(registry.dir, `${name}-${count}`)) as [string, string];
  await reg('load', 'cost', '-o', a);
  await reg('load', 'cost', '-o', b);
  writeFileSync(a, 'x', { flag: 'r+' });
  expect(readFileSync(b, 'utf8')).toBe(BYTES);
  expect((await reg('load', 'cost', '-o', '-')).stdout).toBe(BYTES);
});

test('it is listed, and cleared up', async () => {
  const { cache, entry, reg } = withCache();
  await reg('load', 'cost', '-o', '-');
  expect(JSON.parse((await reg('cache', 'ls', '--json')).stdout)).toMatchObject([
    { kind: 'model', name: 'linear_regression.safetensors', sha256: sha256(BYTES), size: BYTES.length },
  ]);
  expect((await reg('cache', 'gc')).stdout).toBe('');
  expect(existsSync(entry)).toBe(true);
  expect((await reg('cache', 'gc', '--older-than', '0')).stdout).toMatch(/^model\t20\t.*\tlinear_regression/);
  expect(existsSync(entry)).toBe(false);
  expect(existsSync(cache)).toBe(true);
  expect(await reg('cache', 'gc', '--older-than', 'x')).toMatchObject({ stdout: '', code: 2 });
  expect(await reg('cache', 'clean')).toMatchObject({ stdout: '', code: 2 });
});

test('clearing it while others load breaks no load', async () => {
  const { reg } = withCache();
  const runs = Array.from({ length: 12 }, (_, n) =>
    n % 3 === 2 ? reg('cache', 'gc', '--older-than', '0') : reg('load', 'cost', '-o', `many-${count}-${n}`),
  );
  for (const { code, stderr } of await Promise.all(runs)) expect({ code, stderr }).toMatchObject({ code: 0 });
  for (const n of [0, 1, 3, 4])
    expect(readFileSync(join(registry.dir, `many-${count}-${n}`), 'utf8')).toBe(BYTES);
});

test('without a cache that can be written a model is loaded all the same', async () => {
  const file = join(box.root, 'no-folder');
  writeFileSync(file, '');
  const reg = regIn(box, registry.dir, { XDG_CACHE_HOME: file });
  mkdirSync(join(registry.dir, 'plain'));
  expect((await reg('load', 'cost', '-o', 'plain/')).code).toBe(0);
  rmSync(join(registry.dir, 'plain'), { recursive: true });
});

test('a frozen load takes pinned links alone', async () => {
  const { reg } = withCache();
  expect((await reg('load', 'cost', '--frozen', '-o', '-')).stdout).toBe(BYTES);
  const run = await reg('load', 'open', '--frozen', '-o', '-');
  expect(run).toMatchObject({ stdout: '', code: 1 });
  expect(run.stderr).toContain('the link of open is not pinned');
  expect(run.stderr).toContain('reg update open');
});
