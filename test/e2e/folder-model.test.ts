import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { regIn, runReg, transcript } from '../support/cli-here.js';
import { sandbox } from '../support/repo.js';
import { sha256 } from './registry.js';

const box = sandbox();
const FILES = { 'config.json': '{}', 'weights/a.bin': 'aaa', 'weights/b.bin': 'bb', 'Ünïcode name.txt': 'u' };
const research = box.repository('research');
research.commit({
  ...Object.fromEntries(Object.entries(FILES).map(([path, text]) => [`models/bert/${path}`, text])),
  'models/bert2/x.bin': 'a neighbour',
});
research.tag('v1');
const registry = box.repository('registry');
const reg = regIn(box, registry.dir);
const inTarget = (path: string): string => readFileSync(join(registry.dir, 'out', path), 'utf8');

test('a folder is linked by the hash of its sorted manifest', async () => {
  const run = await reg('link', 'models/bert', 'bert', '--source', '../research', '--rev', 'v1', '--json');
  const manifest = ['config.json', 'weights/a.bin', 'weights/b.bin', 'Ünïcode name.txt']
    .map((path) => `${sha256(FILES[path as keyof typeof FILES])}  ${path}\n`)
    .join('');
  expect(JSON.parse(run.stdout)).toMatchObject({ sha256: sha256(manifest), size: 8 });
  registry.commit();
});

test('it is loaded with all of its files and no others', async () => {
  expect(await reg('load', 'bert', '-o', 'out')).toMatchObject({ stdout: 'out\n', stderr: '', code: 0 });
  expect(readdirSync(join(registry.dir, 'out'), { recursive: true }).sort()).toEqual(
    ['weights', ...Object.keys(FILES)].sort(),
  );
  for (const [path, text] of Object.entries(FILES)) expect(inTarget(path)).toBe(text);
});

test('the same folder is left alone, other files of it stay, and files of the model need --force', async () => {
  expect((await reg('load', 'bert', '-o', 'out')).code).toBe(0);
  writeFileSync(join(registry.dir, 'out/notes.txt'), 'mine');
  expect(await reg('load', 'bert', '-o', 'out/')).toMatchObject({ stdout: 'out\n', stderr: '', code: 0 });
  writeFileSync(join(registry.dir, 'out/config.json'), 'edited');
  expect(transcript(await reg('load', 'bert', '-o', 'out'))).toMatchInlineSnapshot(`
    "$ reg load bert -o out
    -- stderr --
    error: <tmp>/registry/out already has files of the model with other content: config.json
    hint: add --force to replace this file and no others
    -- exit 1 --
    "
  `);
  expect(inTarget('config.json')).toBe('edited');
  expect(transcript(await reg('load', 'bert', '-o', 'out', '--force'))).toMatchInlineSnapshot(`
    "$ reg load bert -o out --force
    out
    -- stderr --
    <tmp>/registry/out has 1 other file, left as it is
    "
  `);
  expect(inTarget('config.json')).toBe('{}');
  expect(inTarget('notes.txt')).toBe('mine');
  expect(readdirSync(registry.dir).filter((name) => name.startsWith('.out'))).toEqual([]);
  expect(readdirSync(join(registry.dir, 'out')).filter((name) => name.startsWith('.'))).toEqual([]);
});

test('the working folder is a fine target when it is named', async () => {
  const cwd = join(box.root, 'work');
  mkdirSync(join(cwd, 'bert'), { recursive: true });
  writeFileSync(join(cwd, 'bert/notes.txt'), 'mine');
  const there = (...args: string[]) => runReg(box, { cwd }, 'load', 'bert', '-r', registry.dir, ...args);
  expect(transcript(await there())).toMatchInlineSnapshot(`
    "$ reg load bert -r <tmp>/registry
    -- stderr --
    error: cannot load bert to bert: that folder has other files
    hint: add -o ./bert to write into it
    -- exit 1 --
    "
  `);
  expect((await there('-o', './bert')).code).toBe(0);
  expect(await there('-o', '.')).toMatchObject({
    stdout: '.\n',
    stderr: `${cwd} has 5 other files, left as they are\n`,
    code: 0,
  });
  expect(readdirSync(cwd).sort()).toEqual(
    ['bert', ...Object.keys(FILES).filter((one) => !one.includes('/')), 'weights'].sort(),
  );
});

test('a folder does not go through a pipe', async () => {
  expect(transcript(await reg('load', 'bert', '-o', '-'))).toMatchInlineSnapshot(`
    "$ reg load bert -o -
    -- stderr --
    error: bert is a folder, not one file
    hint: load it to a folder
    -- exit 1 --
    "
  `);
});
