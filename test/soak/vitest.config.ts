import { defineConfig } from 'vitest/config';

// what takes minutes: many writers for many rounds, a thousand kills, all random cases; run against the built program
export default defineConfig({
  test: {
    include: ['test/soak/**/*.soak.ts', 'test/property/**/*.test.ts', 'test/contract/revs.test.ts'],
    env: { REG_SOAK: '1' },
    testTimeout: 4 * 3600 * 1000,
    hookTimeout: 600_000,
    fileParallelism: false,
    reporters: ['verbose'],
    disableConsoleIntercept: true,
  },
});
