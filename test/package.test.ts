import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
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

test('a package of less than 680 kB, packed', () => {
  const printed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [packed] = Object.values(JSON.parse(printed)) as {
    size: number;
    files: { path: string }[];
  }[];
  expect(packed?.size).toBeLessThan(680_000);
  expect(packed?.files.map(({ path }) => path)).toEqual(
    expect.arrayContaining(['bin/reg.js', 'dist/reg.js', 'dist/index.js']),
  );
});

test('what the program loads is in it, or is installed with it; nothing else is installed', () => {
  const installed = [...Object.keys(dependencies), ...Object.keys(peerDependencies)];
  const loaded = namedIn(DIST.filter((path) => /^(?!types|web).*\.js$/.test(path)));
  expect([...loaded].sort()).toEqual(installed.sort());
});

test('its types name no package, and of Node only what may be absent', () => {
  const types = DIST.filter((path) => path.endsWith('.d.ts'));
  expect(types.length).toBeGreaterThan(0);
  expect([...namedIn(types)]).toEqual([]);
  const ofNode = types.filter((path) =>
    /'node:/.test(
      readFileSync(new URL(`dist/${path}`, ROOT), 'utf8').replaceAll(/^\/\/ @ts-ignore\n.*/gm, ''),
    ),
  );
  expect(ofNode).toEqual([]);
});

test('a release says where the project is, and its README leads there', () => {
  const folder = mkdtempSync(join(tmpdir(), 'reg-release-'));
  try {
    for (const name of ['package.json', 'README.md']) copyFileSync(new URL(name, ROOT), join(folder, name));
    const script = fileURLToPath(new URL('release/prepare.js', ROOT));
    execFileSync(process.execPath, [script, 'https://git.example.com/acme/reg'], { cwd: folder });
    const about = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    expect(about).toMatchObject({
      repository: { type: 'git', url: 'git+https://git.example.com/acme/reg.git' },
      homepage: expect.stringContaining('https://'),
      bugs: 'https://git.example.com/acme/reg/issues',
    });
    const links = [...readFileSync(join(folder, 'README.md'), 'utf8').matchAll(/\]\(([^)#][^)]*)\)/g)];
    expect(links.length).toBeGreaterThan(10);
    expect(links.filter(([, target = '']) => !target.startsWith('https://'))).toEqual([]);
    expect(links.map(([, target]) => target)).toContain(
      `https://git.example.com/acme/reg/blob/v${about.version}/docs/ci.md`,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
