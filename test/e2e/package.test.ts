import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { publint } from 'publint';
import { beforeAll, expect, test } from 'vitest';
import { sandbox } from '../support/repo.js';
import { makeRegistry } from './registry.js';

const box = sandbox();
const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const prefix = join(box.root, 'prefix');
// npm finds here what was fetched when the project itself was installed
const npmEnv = { ...process.env, NO_COLOR: '1', npm_config_audit: 'false', npm_config_fund: 'false' };
const npm = (...args: string[]): string =>
  execFileSync('npm', args, {
    cwd: PROJECT,
    env: npmEnv,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });

interface Packed {
  filename: string;
  files: { path: string }[];
}
let packed: Packed;
let tarball: string;

beforeAll(() => {
  const [one] = JSON.parse(
    npm('pack', '--ignore-scripts', '--json', '--pack-destination', box.root),
  ) as Packed[];
  if (one === undefined) throw new Error('npm pack made nothing');
  packed = one;
  tarball = join(box.root, one.filename);
});

test('it holds what is meant to be in it', () => {
  const tops = new Set(packed.files.map(({ path }) => path.split('/')[0]));
  expect([...tops].sort()).toEqual(
    expect.arrayContaining(['LICENSE', 'README.md', 'bin', 'dist', 'man', 'package.json', 'schema']),
  );
  expect(packed.files.filter(({ path }) => /^(src|test|bench|fixtures)\//.test(path))).toEqual([]);
});

test('types resolve from ESM and bundlers, and package.json says what is there', async () => {
  const attw = join(PROJECT, 'node_modules/.bin/attw');
  const checked = execFileSync(attw, [tarball, '--profile', 'esm-only', '--no-color', '--format', 'json'], {
    encoding: 'utf8',
    env: npmEnv,
  });
  const { analysis } = JSON.parse(checked) as { analysis: { problems: { resolutionKind?: string }[] } };
  const ours = ({ resolutionKind = '' }): boolean => !['node10', 'node16-cjs'].includes(resolutionKind);
  expect(analysis.problems.filter(ours)).toEqual([]);
  const { messages } = await publint({ pkgDir: PROJECT, strict: true, pack: false });
  expect(messages).toEqual([]);
});

test('it installs into a clean prefix and runs, manual and all, and so does the library', () => {
  npm('install', '--global', '--ignore-scripts', '--prefer-offline', '--prefix', prefix, tarball);
  const registry = makeRegistry(box, 'registry', 'churn');
  registry.tag('churn@v1.0.0');
  const env = { ...box.env, PATH: `${join(prefix, 'bin')}:${box.env.PATH}` };
  const run = (program: string, ...args: string[]): string =>
    execFileSync(program, args, { cwd: registry.dir, env, encoding: 'utf8' });
  expect(run('reg', 'latest', 'churn')).toBe('v1.0.0\n');
  expect(run('git', 'reg', 'show')).toMatch(/^churn\tv1\.0\.0\t/);
  expect(run('reg', '--version')).toMatch(/^\d+\.\d+\.\d+/);
  expect(existsSync(join(prefix, 'share/man/man1/reg-which.1'))).toBe(true);
  const user = join(prefix, 'lib');
  mkdirSync(user, { recursive: true });
  const script =
    "import { openRegistry } from 'git-reg'; console.log((await (await openRegistry(process.argv[2])).latest('churn')).version);";
  writeFileSync(join(user, 'use.mjs'), script);
  expect(run(process.execPath, join(user, 'use.mjs'), registry.dir)).toBe('v1.0.0\n');
});

// other releases of Node than this one, as `.ci/run` brings them; the package says that it needs 20
const NODES = [process.execPath, ...(process.env.REG_NODES?.split(':').filter(Boolean) ?? [])];

test.skipIf(NODES.length < 2)('the installed program and the one file run under each release of Node', () => {
  const registry = makeRegistry(box, 'releases', 'churn');
  const releases = NODES.map((node) => {
    const run = (...args: string[]): string =>
      execFileSync(node, args, { cwd: registry.dir, env: box.env, encoding: 'utf8' });
    const release = /^v(\d+)/.exec(run('--version'))?.[1];
    for (const program of [join(prefix, 'bin/reg'), join(PROJECT, 'dist/reg.cjs')]) {
      const tag = run(program, 'register', 'churn', '--bump', 'minor', '--force').trim();
      expect([program, run(program, 'latest', 'churn')]).toEqual([program, `${tag.replace('churn@', '')}\n`]);
    }
    return release;
  });
  expect(new Set(releases).size).toBe(NODES.length);
});

test('one file is the whole program, its pages and the licences of what is in it', () => {
  const alone = join(box.root, 'alone');
  mkdirSync(alone);
  const program = join(alone, 'reg');
  copyFileSync(join(PROJECT, 'dist/reg.cjs'), program);
  const registry = makeRegistry(box, 'by-one-file', 'churn');
  const run = (...args: string[]): string =>
    execFileSync(program, args, { cwd: registry.dir, env: box.env, encoding: 'utf8' });
  expect(run('register', 'churn')).toBe('churn@v0.0.1\n');
  expect(run('load', 'churn@v0.0.1', '-o', '-')).not.toBe('');
  run('site', '--out', join(alone, 'site'));
  expect(readFileSync(join(alone, 'site/index.html'), 'utf8')).toContain('assets/app-');
  const licences = readFileSync(join(PROJECT, 'dist/NOTICES.txt'), 'utf8');
  for (const name of ['commander', 'semver', 'yaml', 'micromark', 'preact', 'undici', 'isomorphic-git'])
    expect(licences).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+\\. Copyright`, 'm'));
  expect(readFileSync(program, 'utf8')).toContain(licences);
});
