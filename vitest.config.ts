import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    // the end-to-end tests wait for programs more than they compute
    maxWorkers: 2,
    reporters: ['default', './test/support/closing-line.ts'],
  },
});
