// Prints what each command loads: chunks of the bundle, their bytes, and the packages in them. Fails where a command that has
// to be quick loads a package that it does not need.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { bundle } from '../bundle.js';
import { artifactName, makeRegistry } from './registry.js';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What of the sources and of which packages is in each file of the bundle. */
async function contentOfBundle() {
  const { metafile } = await build({ ...(await bundle('dist')), write: false });
  return new Map(
    Object.entries(metafile.outputs).map(([path, { bytes, inputs }]) => [
      path,
      { bytes, inputs: Object.keys(inputs) },
    ]),
  );
}

/** The files of the bundle that a run loads, as V8 counts them. */
function filesOf(args, cwd) {
  const folder = mkdtempSync(join(tmpdir(), 'reg-loaded-'));
  try {
    execFileSync(process.execPath, [join(root, 'bin/reg.js'), ...args], {
      cwd,
      env: { ...process.env, NODE_V8_COVERAGE: folder },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    // a run may have started others of its kind
    return readdirSync(folder)
      .flatMap((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')).result)
      .filter(({ url }) => url.startsWith('file:') && url.includes('/dist/'))
      .map(({ url }) => relative(root, fileURLToPath(url)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const packageOf = (input) => /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];

/**
 * What each of some command lines loads: bytes, sources and packages.
 * @param lines the words behind `reg`
 * @param cwd a registry in which they succeed
 */
export async function loadedBy(lines, cwd) {
  const content = await contentOfBundle();
  return lines.map((args) => {
    const files = filesOf(args, cwd).map((name) => content.get(name));
    if (files.includes(undefined)) throw new Error('dist is not built of these sources: npm run build');
    const inputs = [...new Set(files.flatMap((file) => file.inputs))];
    return {
      line: args.join(' '),
      files: files.length,
      bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
      packages: [...new Set(inputs.map(packageOf).filter(Boolean))].sort(),
      sources: inputs.filter((input) => input.startsWith('src/')).sort(),
    };
  });
}

const PACKAGES = ['yaml', 'zod', 'isomorphic-git', 'undici', 'simple-git', 'semver'];
/** Sources by the beginnings of their paths; what words, chooses and finds is small, and every command has it. */
const SOURCES =
  /^src\/(models|formats|stores|net|site|checks|exchange)\/|^src\/documents\/(?!artifacts|link-path)|^src\/git\/(files|remote)\//;

/** What a command that has to be quick loads and does not need. */
export const needless = ({ packages, sources }) => [
  ...packages.filter((name) => PACKAGES.includes(name)),
  ...sources.filter((path) => SOURCES.test(path)),
];

/** Command lines that have to be quick, in a registry that has `churn` in `prod`. */
export const QUICK = [['--version'], ['--help'], ['which', 'churn', 'prod'], ['latest', 'churn'], ['show']];

/** Prints what every command loads; ends with 1 when a quick one loads too much. */
async function main() {
  const cwd = mkdtempSync(join(tmpdir(), 'reg-bench-'));
  try {
    makeRegistry(cwd, 1000);
    const artifact = artifactName(1);
    const lines = [
      ...QUICK.map((words) => words.map((word) => (word === 'churn' ? artifact : word))),
      ['show', artifact],
      ['history', artifact],
      ['stages'],
    ];
    console.log('\nWhat commands load\n\n| command | files | KB | packages |\n|---|--:|--:|---|');
    for (const loaded of await loadedBy(lines, cwd)) {
      const { line, files, bytes, packages } = loaded;
      console.log(`| reg ${line} | ${files} | ${(bytes / 1000).toFixed(0)} | ${packages.join(', ')} |`);
      const much =
        lines.findIndex((words) => words.join(' ') === line) < QUICK.length ? needless(loaded) : [];
      if (much.length > 0) console.error(`reg ${line} loads ${much.join(', ')}`);
      if (much.length > 0) process.exitCode = 1;
    }
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
