import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { jsonIn, regIn, transcript } from '../support/cli-here.js';
import { sandbox } from '../support/repo.js';
import { sha256 } from './registry.js';

const box = sandbox();
const registry = box.repository('registry');
const reg = regIn(box, registry.dir);
const json = jsonIn(box, registry.dir);
const keyOf = (text: string): string => `${sha256(text).slice(0, 2)}/${sha256(text).slice(2)}`;
const unnamed = async (): Promise<string[]> =>
  ((await json('store', 'gc', '--dry-run')) as { key: string }[]).map(({ key }) => key).sort();

async function upload(artifact: string, files: Record<string, string>, ...args: string[]): Promise<void> {
  const folder = join(registry.dir, artifact);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, path), text);
  expect((await reg('upload', artifact, artifact, ...args)).code).toBe(0);
}

beforeAll(async () => {
  registry.commit({ 'README.md': 'a registry' });
  await upload('bert', { 'config.json': '{}', a: 'first' }, '--register');
  await upload('bert', { 'config.json': '{}', a: 'second' }, '--register');
});

describe('reg store gc', () => {
  test('lists nothing that a version names, registered or withdrawn', async () => {
    expect(await unnamed()).toEqual([]);
    await reg('deregister', 'bert@v0.0.1');
    expect(await unnamed()).toEqual([]);
    registry.git('checkout', '--quiet', '-b', 'experiment');
    await upload('churn', { a: 'tried' });
    // a link that is not committed
    expect(await unnamed()).toEqual([]);
    registry.git('add', 'churn.model.yaml');
    registry.git('commit', '--quiet', '-m', 'Try it');
    registry.git('checkout', '--quiet', '-');
    expect(await unnamed()).toEqual([]);
  });

  test('lists what no ref names any more, and removes nothing', async () => {
    registry.git('branch', '-D', 'experiment');
    writeFileSync(join(registry.dir, 'store/mine.txt'), 'mine');
    const list = keyOf(`${sha256('tried')}  a\n`);
    expect(await unnamed()).toEqual([`files/${keyOf('tried')}`, `${list}/churn/.reg-files`].sort());
    expect(transcript(await reg('store', 'gc', '--dry-run'))).toMatchInlineSnapshot(`
      "$ reg store gc --dry-run
      69	90/b7789830b6f137e2e3e8ecab92cb5aeccbd6c497d9666f0bcaedfa829c7603/churn/.reg-files
      5	files/b9/0bc9390bcd6bad933160c81fb4d7016601531fdbdcfeb8c31f71904bd9673b
      -- stderr --
      2 of 7 objects, 74 bytes, in file://<tmp>/registry/store that no link here names; links of other repositories and clones were not looked at
      1 more object is not laid out as an upload does, and not judged
      "
    `);
    expect(readdirSync(join(registry.dir, 'store/files', keyOf('tried').slice(0, 2)))).not.toEqual([]);
    expect(transcript(await reg('store', 'gc'))).toMatchInlineSnapshot(`
      "$ reg store gc
      -- stderr --
      error: reg removes nothing from a store: other repositories may name it
      hint: list it with: reg store gc --dry-run
      -- exit 2 --
      "
    `);
  });

  test('a list that is damaged, and a clone that may lack tags, are no grounds for an answer', async () => {
    const clone = join(box.root, 'clone');
    registry.git('clone', '--quiet', '--no-tags', registry.dir, clone);
    const run = await regIn(box, clone)('store', 'gc', '--dry-run', '--store', join(registry.dir, 'store'));
    expect(run).toMatchObject({ stdout: '', code: 1 });
    expect(run.stderr).toContain('tags of origin may be missing in this clone');
    const sum = sha256(`${sha256('second')}  a\n${sha256('{}')}  config.json\n`);
    writeFileSync(join(registry.dir, 'store', sum.slice(0, 2), sum.slice(2), 'bert/.reg-files'), '');
    expect(await reg('store', 'gc', '--dry-run')).toMatchObject({ stdout: '', code: 1 });
  });
});
