import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 120_000,
    // what a machine that does much else needs for the repositories of a file
    hookTimeout: 120_000,
    // the end-to-end tests wait for programs more than they compute
    maxWorkers: 2,
    reporters: ['default', './test/support/closing-line.ts'],
  },
});
