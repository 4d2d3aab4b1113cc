import { defineConfig } from 'vitest/config';

// what takes minutes: many writers for many rounds, a thousand kills, all random cases, all rows of long tables; run against the built program
export default defineConfig({
  test: {
    include: [
      'test/soak/**/*.soak.ts',
      'test/property/**/*.test.ts',
      'test/documents/gto-config.test.ts',
      'test/golden/golden.test.ts',
      'test/differential/program.test.ts',
      'test/contract/{revs,embedded-web-faults,broken-tags-url}.test.ts',
      'test/contract/{tags,no-events,list-tags,read-objects,history,stores-write}.test.ts',
      'test/contract/remote-{delete,push,list,servers}.test.ts',
      'test/models/{dvc-*,lfs-faults,lfs-follow}.test.ts',
      'test/{web/browser,cli/broken-config,validate/trusted-config}.test.ts',
      'test/e2e/{anywhere,bytes,clones-behind,clones-depth,damaged,declarations,filters,gto-answers,missing-tags}.test.ts',
      'test/hostile/{load,break-in,sources,trees}.test.ts',
      'test/e2e/concurrent.test.ts',
      'test/e2e/faults-{hang,push,reading,refused}.test.ts',
      'test/e2e/lfs-push.test.ts',
      'test/e2e/remote-{cache,changes,errors,library,reading}.test.ts',
      'test/e2e/secrets{,-faults,-forms,-links}.test.ts',
      'test/e2e/sources-{local,remote}.test.ts',
    ],
    env: { REG_SOAK: '1' },
    testTimeout: 4 * 3600 * 1000,
    hookTimeout: 600_000,
    fileParallelism: false,
    reporters: ['verbose'],
    disableConsoleIntercept: true,
  },
});
