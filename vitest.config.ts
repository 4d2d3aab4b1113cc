import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configDefaults, defineConfig } from 'vitest/config';

/** The tests that make keys, which are not run where nothing can: `.ci/run` says so. */
function testsWithKeys(): string[] {
  if (spawnSync('ssh-keygen', ['-?']).error === undefined) return [];
  const files = readdirSync('test', { recursive: true, encoding: 'utf8' }).map((path) => `test/${path}`);
  return files.filter(
    (path) => path.endsWith('.test.ts') && readFileSync(path, 'utf8').includes('/support/signers.js'),
  );
}

/** Where sandboxes go: in memory, where there is room and programs may run; else where temporary files go. */
function folderOfSandboxes(): string {
  const memory = '/dev/shm';
  try {
    const { bavail, bsize } = statfsSync(memory);
    if (bavail * bsize < 4 * 1024 ** 3) return tmpdir();
    const probe = mkdtempSync(join(memory, 'reg-probe-'));
    try {
      const program = join(probe, 'program');
      writeFileSync(program, '#!/bin/sh\n', { mode: 0o755 });
      return spawnSync(program).status === 0 ? memory : tmpdir();
    } finally {
      rmSync(probe, { recursive: true });
    }
  } catch {
    // there is none, or it is closed to us
    return tmpdir();
  }
}

// Workers give memory back at once (mallopt(3)). To start git, a worker copies the table of all its pages, and with half a gigabyte that
// takes longer than git does.
Object.assign(process.env, {
  MALLOC_ARENA_MAX: '1',
  MALLOC_TRIM_THRESHOLD_: '65536',
  MALLOC_MMAP_THRESHOLD_: '65536',
});

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...testsWithKeys()],
    testTimeout: 120_000,
    // what a machine that does much else needs for the repositories of a file
    hookTimeout: 120_000,
    // imported as text, style sheets are as they are; by default they are empty
    css: true,
    env: { TMPDIR: folderOfSandboxes() },
    // the end-to-end tests wait for programs more than they compute
    maxWorkers: 3,
    // the modules of the program are loaded once for each worker: tests leave nothing in them
    isolate: false,
    reporters: ['default', './test/support/closing-line.ts'],
  },
});
