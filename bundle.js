import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { script } from '@bomb.sh/tab';

const root = fileURLToPath(new URL('.', import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const COMMON = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  minify: true,
  legalComments: 'none',
};

/**
 * How esbuild bundles what starts the program: a script, which loads another or two beside and modules of the program on use.
 * @param outdir where the files go
 * @param loaded gets the sources of the modules
 */
export const startBundle = (outdir, loaded) => ({
  ...COMMON,
  entryPoints: { reg: 'src/cli/start.ts', main: 'src/cli/main.ts', complete: 'src/cli/complete/answer.ts' },
  outdir,
  outExtension: { '.js': '.cjs' },
  format: 'cjs',
  define: { PROGRAM_VERSION: JSON.stringify(version) },
  plugins: [withoutChildProcess, scriptsBeside, modulesBeside(loaded)],
});

/** The scripts beside, by what is imported: they are required, for to import one takes Node longer. */
const SCRIPTS = { './main.js': './main.cjs', './complete/answer.js': './complete.cjs' };
const scriptsBeside = {
  name: 'scripts-beside',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^\./ }, ({ kind, path }) =>
      kind === 'dynamic-import' && SCRIPTS[path] ? { path: SCRIPTS[path], namespace: 'beside' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'beside' }, ({ path }) => ({
      contents: `module.exports=require('${path}')`,
    }));
    onResolve({ filter: /.*/, namespace: 'beside' }, ({ path }) => ({ path, external: true }));
  },
};

/** What is loaded on use, and is in the script all the same. */
const INSIDE = [];

const modulesBeside = (loaded) => ({
  name: 'modules-beside',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^\./ }, ({ kind, path, resolveDir }) => {
      if (kind !== 'dynamic-import' || INSIDE.includes(path)) return undefined;
      const module = relative(join(root, 'src'), join(resolveDir, path));
      loaded.add(join('src', module.replace(/\.js$/, '.ts')));
      return { path: `./${module}`, external: true };
    }),
});

/**
 * How esbuild bundles the program and the library: every command becomes a module of its own, loaded when it runs.
 * @param outdir where the files go
 * @param loaded the sources that the script loads, as `startBundle` found them
 */
export const programBundle = (outdir, loaded) => ({
  ...COMMON,
  // in one order, for what the chunks are called depends on it
  entryPoints: ['src/index.ts', ...[...loaded].sort()],
  outdir,
  outbase: 'src',
  chunkNames: 'chunks/[name]-[hash]',
  splitting: true,
  format: 'esm',
  // optional peers, installed by those who use such a store; and what is large and seldom needed, installed beside
  external: ['@aws-sdk/*', '@azure/*', '@google-cloud/*', 'isomorphic-git', 'undici'],
  define: {
    // write-file-atomic only mixes it into the names of its temporary files
    __filename: '"reg"',
    // a text, for of anything else every chunk would get a copy
    SHELL_SCRIPTS: JSON.stringify(
      JSON.stringify(Object.fromEntries(['zsh', 'fish', 'powershell'].map(shellScript))),
    ),
  },
  plugins: [withoutChildProcess],
});

/** The completion script of a shell, which the library prints. */
function shellScript(shell) {
  const { log } = console;
  const lines = [];
  console.log = (text) => lines.push(text);
  script(shell, 'reg', 'reg');
  console.log = log;
  // a colon in a word is to be escaped for zsh, which takes two backslashes
  return [shell, `${lines.join('\n').replace('comp//:/\\:', 'comp//:/\\\\:')}\n`];
}

/** Commander loads what starts processes, with what that loads in its turn, for a kind of command that there is none of here. */
const withoutChildProcess = {
  name: 'without-child-process',
  setup: ({ onLoad }) =>
    onLoad({ filter: /commander\/lib\/command\.js$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replace(/^const childProcess = require\(.*\);$/m, ''),
    })),
};
