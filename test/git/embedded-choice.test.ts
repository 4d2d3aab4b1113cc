import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { expect, test } from 'vitest';
import { isEmbeddedChosen } from '../../src/git/open.js';
import { sandbox } from '../support/repo.js';

const box = sandbox();

/** A folder for PATH, and in it what `make` makes at the path of a program `git`. */
function folderWith(name: string, make: (program: string) => void = () => undefined): string {
  const folder = join(box.root, name);
  mkdirSync(folder);
  make(join(folder, 'git'));
  return folder;
}
const program = (mode: number) => (path: string) => {
  writeFileSync(path, '#!/bin/sh\n');
  chmodSync(path, mode);
};

const nothing = folderWith('nothing');
const there = folderWith('there', program(0o755));

test.each<[string, string | undefined, boolean]>([
  ['no folder with a program', nothing, true],
  ['a folder that is not there', join(box.root, 'gone'), true],
  ['a file that nobody may run', folderWith('plain', program(0o644)), true],
  ['a folder of that name', folderWith('folder', mkdirSync), true],
  ['a link to nothing', folderWith('broken', (path) => symlinkSync('gone', path)), true],
  ['a program', there, false],
  ['a program in the last folder', [nothing, 'gone', there].join(delimiter), false],
  ['a link to a program', folderWith('link', (path) => symlinkSync(join(there, 'git'), path)), false],
  ['no list at all, so that the system has its own', undefined, false],
])('with %s on PATH', async (_what, path, chosen) => {
  expect(await isEmbeddedChosen({ PATH: path })).toBe(chosen);
  expect(await isEmbeddedChosen({ PATH: path, REG_GIT: '' })).toBe(chosen);
});

test('REG_GIT decides, whatever is on PATH', async () => {
  for (const PATH of [nothing, there]) {
    expect(await isEmbeddedChosen({ PATH, REG_GIT: 'embedded' })).toBe(true);
    expect(await isEmbeddedChosen({ PATH, REG_GIT: 'git' })).toBe(false);
    await expect(isEmbeddedChosen({ PATH, REG_GIT: 'isomorphic' })).rejects.toMatchObject({
      code: 'USAGE',
      message: "REG_GIT is 'isomorphic'",
    });
  }
});
