import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { configDefaults, defineConfig } from 'vitest/config';

/** The tests that make keys, which are not run where nothing can: `.ci/run` says so. */
function testsWithKeys(): string[] {
  if (spawnSync('ssh-keygen', ['-?']).error === undefined) return [];
  const files = readdirSync('test', { recursive: true, encoding: 'utf8' }).map((path) => `test/${path}`);
  return files.filter(
    (path) => path.endsWith('.test.ts') && readFileSync(path, 'utf8').includes('/support/signers.js'),
  );
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...testsWithKeys()],
    testTimeout: 120_000,
    // what a machine that does much else needs for the repositories of a file
    hookTimeout: 120_000,
    // the end-to-end tests wait for programs more than they compute
    maxWorkers: 2,
    reporters: ['default', './test/support/closing-line.ts'],
  },
});
