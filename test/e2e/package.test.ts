import { execFileSync, spawnSync } from 'node:child_process';
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

test('types resolve everywhere, and package.json says what is there', async () => {
  const attw = join(PROJECT, 'node_modules/.bin/attw');
  const checked = execFileSync(attw, [tarball, '--profile', 'esm-only', '--no-color', '--format', 'json'], {
    encoding: 'utf8',
    env: npmEnv,
  });
  const { analysis } = JSON.parse(checked) as {
    analysis: { problems: { kind: string; resolutionKind?: string }[] };
  };
  // `require` loads a module, since Node 20.19
  expect(analysis.problems.map(({ kind, resolutionKind }) => [kind, resolutionKind])).toEqual([
    ['CJSResolvesToESM', 'node16-cjs'],
  ]);
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

test('the tour of a team: train, register, validate, promote, deploy on the tag, roll back', () => {
  // git, node and what was installed from the tarball
  const env = { ...box.env, PATH: `${join(prefix, 'bin')}:${box.env.PATH}`, CI: 'true' };
  const run = (cwd: string, line: string, more: NodeJS.ProcessEnv = {}) => {
    const { status, stdout, stderr } = spawnSync('sh', ['-ec', line], {
      cwd,
      env: { ...env, ...more },
      encoding: 'utf8',
    });
    return { status, stdout, stderr };
  };
  const done = (cwd: string, line: string, more?: NodeJS.ProcessEnv): string => {
    const { status, stdout, stderr } = run(cwd, line, more);
    if (status !== 0) throw new Error(`${line}: ${stderr}`);
    return stdout;
  };
  const folder = join(box.root, 'team');
  mkdirSync(folder);
  done(folder, 'git init -q -b main --bare hub.git && git clone -q hub.git train 2>/dev/null');
  const train = join(folder, 'train');
  done(train, 'git switch -q -C main && reg init --stages dev,prod');
  writeFileSync(
    join(train, '.reg.yaml'),
    'stages: [dev, prod]\nmetrics: {auc: {better: higher, noWorseThan: prod}}\n',
  );
  const trained = (auc: number): string =>
    `printf 'weights for ${auc}' > model.bin && printf '{"auc": ${auc}}' > metrics.json`;
  done(train, `${trained(0.9)} && reg link model.bin churn`);
  done(
    train,
    'reg update churn --metrics metrics.json && git add . && git commit -qm Train && git push -q origin main',
  );

  // the job after training, in the checkout of a runner
  done(folder, `git clone -q --depth 1 file://${folder}/hub.git job`);
  expect(done(join(folder, 'job'), 'reg register churn --push --output-format dotenv')).toContain(
    'MODEL_VERSION=v0.0.1\n',
  );
  done(train, 'reg sync && reg assign churn@v0.0.1 prod --push');

  // a pull request with a worse model fails, one with a better model passes
  done(train, `git switch -qc worse && ${trained(0.8)} && reg update churn --metrics metrics.json`);
  done(train, 'git commit -qam Retrain');
  const worse = run(train, 'reg validate --base origin/main --format github');
  expect([worse.status, worse.stdout]).toEqual([1, expect.stringMatching(/^::error .*metric-worse/m)]);
  done(train, `git switch -q main && ${trained(0.95)} && reg update churn --metrics metrics.json`);
  done(train, 'git commit -qam Better && reg validate --base origin/main && git push -q origin main');
  expect(done(train, 'reg register churn --bump minor --push')).toBe('churn@v0.1.0\n');
  expect(done(train, 'reg assign churn@v0.1.0 prod --push')).toBe('churn#prod#2\n');

  // the job that a tag starts: one commit, and the tag without its annotation
  const output = join(folder, 'output');
  const deploy = (name: string, tag: string): string => {
    const commit = done(train, `git rev-parse '${tag}^{commit}'`).trim();
    done(folder, `git init -q ${name} && git -C ${name} remote add origin file://${folder}/hub.git`);
    const job = join(folder, name);
    done(
      job,
      `git fetch -q --no-tags --depth=1 origin '+${commit}:refs/tags/${tag}' && git checkout -q '${tag}'`,
    );
    writeFileSync(output, '');
    done(job, `reg check-ref 'refs/tags/${tag}' --github-output`, { GITHUB_OUTPUT: output });
    const current = /^current<<(.*)\n(\w+)\n\1$/m.exec(readFileSync(output, 'utf8'))?.[2] ?? '';
    if (current === 'yes')
      done(job, `reg validate --tags --since '${tag}' && reg load 'churn#prod' -o deployed`);
    return current === 'yes' ? readFileSync(join(job, 'deployed'), 'utf8') : 'superseded';
  };
  expect(deploy('first', 'churn#prod#2')).toBe('weights for 0.95');
  expect(done(train, 'reg rollback churn prod --push -m slow')).toBe('churn#prod#3\n');
  expect(deploy('late', 'churn#prod#2')).toBe('superseded');
  expect(deploy('back', 'churn#prod#3')).toBe('weights for 0.9');
});
