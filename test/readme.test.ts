import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { COMMANDS } from '../src/cli/table/table.js';

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

test('the quickstart runs the commands of the README for any user', () => {
  const quickstart = fileURLToPath(new URL('../quickstart/run.js', import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [quickstart, '--check'], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: '/nowhere' },
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  const [, folder = ''] = /^# (\S+) was removed/m.exec(stdout) ?? [];
  expect(basename(folder)).toMatch(/^reg-quickstart-/);
  expect(existsSync(folder)).toBe(false);
  const commands: string[] = README.match(/^\$ .*$/gm) ?? [];
  expect(commands.length).toBeGreaterThan(20);
  expect(stdout.split('\n').filter((line) => commands.includes(line))).toEqual(commands);
});

test('the README names every command', () => {
  const [table = ''] = /^\| ask[\s\S]*?\n\n/m.exec(README) ?? [];
  const unnamed = COMMANDS.map(({ name }) => name).filter(
    (name) => !new RegExp(`\`${name}[ \`]`).test(table),
  );
  expect(unnamed).toEqual([]);
});
