import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { expect, test } from 'vitest';

const ROOT = new URL('../', import.meta.url);
const { dependencies, peerDependencies } = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8'));

const DIST = readdirSync(new URL('dist/', ROOT), { recursive: true, encoding: 'utf8' });

/** The packages that files of the built program name in an import. */
const namedIn = (files: readonly string[]): Set<string> =>
  new Set(
    files
      .flatMap((path) => [
        ...readFileSync(new URL(`dist/${path}`, ROOT), 'utf8').matchAll(
          /\b(?:from|import\(|require\(|import)\s*["']((?:@[a-z\d-]+\/)?[a-z][a-z\d._-]*)(?:\/[^"']+)?["']/g,
        ),
      ])
      .map(([, name = '']) => name)
      .filter((name) => !builtinModules.includes(name)),
  );

test('another user than its builder can run the program', () => {
  expect(statSync(new URL('dist/', ROOT)).mode & 0o777).toBe(0o755);
});

test('a package of less than 500 kB, packed', () => {
  const printed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [packed] = Object.values(JSON.parse(printed)) as {
    size: number;
    files: { path: string }[];
  }[];
  expect(packed?.size).toBeLessThan(500_000);
  expect(packed?.files.map(({ path }) => path)).toEqual(
    expect.arrayContaining(['bin/reg.js', 'dist/reg.js', 'dist/index.js']),
  );
});

test('what the program loads is in it, or is installed with it', () => {
  const installed = [...Object.keys(dependencies), ...Object.keys(peerDependencies)];
  const loaded = namedIn(DIST.filter((path) => /^(?!types|web).*\.js$/.test(path)));
  expect(loaded.size).toBeGreaterThan(0);
  expect([...loaded].filter((name) => !installed.includes(name))).toEqual([]);
});

test('what its types name is installed with it', () => {
  const named = namedIn(DIST.filter((path) => path.endsWith('.d.ts')));
  expect([...named].filter((name) => !Object.keys(dependencies).includes(name))).toEqual([]);
});
