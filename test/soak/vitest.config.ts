import { defineConfig } from 'vitest/config';

// what takes minutes: many writers for many rounds, a thousand kills, all random cases, all rows of long tables; run against the built program
export default defineConfig({
  test: {
    include: [
      'test/soak/**/*.soak.ts',
      'test/property/**/*.test.ts',
      'test/golden/golden.test.ts',
      'test/differential/program.test.ts',
      'test/contract/{revs,embedded-web-faults,broken-tags-url}.test.ts',
      'test/e2e/{anywhere,bytes,clones-behind,clones-depth,damaged,declarations,filters,gto-answers,missing-tags}.test.ts',
      'test/e2e/secrets-faults.test.ts',
      'test/hostile/load.test.ts',
    ],
    env: { REG_SOAK: '1' },
    testTimeout: 4 * 3600 * 1000,
    hookTimeout: 600_000,
    fileParallelism: false,
    reporters: ['verbose'],
    disableConsoleIntercept: true,
  },
});
