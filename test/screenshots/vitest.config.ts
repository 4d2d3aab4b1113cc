import { defineConfig } from 'vitest/config';

// pictures of the pages, for people to look at; run by hand: npm run screenshots
export default defineConfig({
  test: {
    include: ['test/screenshots/**/*.shots.ts'],
    testTimeout: 120_000,
  },
});
