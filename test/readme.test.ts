import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { nameOf } from '../src/cli/tree/spec.js';
import { COMMANDS } from '../src/cli/tree/tree.js';

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

test('the README shows what the program prints', () => {
  const record = fileURLToPath(new URL('../quickstart/record.js', import.meta.url));
  const { status, stderr } = spawnSync(process.execPath, [record], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
});

test('the README names every command', () => {
  const [table = ''] = /^\| ask[\s\S]*?\n\n/m.exec(README) ?? [];
  const unnamed = COMMANDS.map(nameOf).filter((name) => !new RegExp(`\`${name}[ \`]`).test(table));
  expect(unnamed).toEqual([]);
});
