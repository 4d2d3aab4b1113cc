import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runWithLocks } from '../../src/git/program/locks.js';
import type { RunGit } from '../../src/git/program/run.js';

const folder = mkdtempSync(join(tmpdir(), 'reg-locks-'));
afterAll(() => rmSync(folder, { recursive: true }));

const records = join(folder, 'reg-writers');
const lock = join(folder, 'a.lock');
const LOCKS = [{ path: 'a.lock', content: 'mine\n' }];

/** A git that only looks at the records while it runs. */
const seen: Record<string, unknown>[] = [];
const git: RunGit = async ([verb], input) => {
  if (typeof input === 'function') {
    expect(await input(process.pid)).toBe('input');
    for (const name of readdirSync(records)) seen.push(JSON.parse(readFileSync(join(records, name), 'utf8')));
  }
  return { code: 0, stdout: Buffer.from(verb === 'rev-parse' ? `${folder}\n` : ''), stderr: '' };
};
const run = () => runWithLocks(git, LOCKS, ['update-ref'], 'input');

beforeAll(run);

test('a run is recorded with its process while it lasts', () => {
  expect(seen).toMatchObject([{ pid: process.pid, locks: LOCKS }]);
  expect(readdirSync(records)).toEqual([]);
});

describe('the lock of a record', () => {
  const gone = spawnSync(process.execPath, ['--version']).pid;
  const content = 'mine\n';
  test.each<[title: string, record: object, text: string, stays: boolean]>([
    ['whose process lives stays', {}, content, true],
    ['whose process is gone is removed', { pid: gone }, content, false],
    ['is removed before anything is in it', { pid: gone }, '', false],
    ['of another git stays', { pid: gone }, 'of another one\n', true],
    ['with an id that another process has now is removed', { start: '1' }, content, false],
    ['whose process is on another machine stays', { pid: gone, machine: { host: 'another' } }, content, true],
    ['whose content is not known is removed', { pid: gone, locks: [{ path: 'a.lock' }] }, 'any', false],
  ])('%s', async (_title, record, text, stays) => {
    mkdirSync(records, { recursive: true });
    writeFileSync(join(records, 'one'), JSON.stringify({ ...seen[0], ...record }));
    writeFileSync(lock, text);
    await run();
    expect(existsSync(lock)).toBe(stays);
    rmSync(lock, { force: true });
    rmSync(join(records, 'one'), { force: true });
  });

  test('that is older than the record, and whose content is not known, stays', async () => {
    writeFileSync(lock, 'any');
    await new Promise((resolve) => setTimeout(resolve, 20));
    writeFileSync(
      join(records, 'one'),
      JSON.stringify({ ...seen[0], pid: gone, locks: [{ path: 'a.lock' }] }),
    );
    await run();
    expect(existsSync(lock)).toBe(true);
  });
});
