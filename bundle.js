import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { script } from '@bomb.sh/tab';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('.', import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const START = 'src/cli/start.ts';
const CORE = 'src/cli/core.ts';
/** Optional peers, installed by those who use such a store. */
const OPTIONAL = ['@aws-sdk/*', '@azure/*', '@google-cloud/*'];

/**
 * How esbuild bundles the program and the library: one graph of ES modules, in which everything but the start of the program is loaded
 * on use.
 * @param outdir where the files go
 */
export async function bundle(outdir) {
  const options = {
    absWorkingDir: root,
    entryPoints: { reg: START, index: 'src/index.ts' },
    outdir,
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    metafile: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    minify: true,
    // Node prints the line that an uncaught error comes from
    lineLimit: 2000,
    legalComments: 'none',
    // what is large and seldom needed is installed beside
    external: [...OPTIONAL, 'isomorphic-git', 'smol-toml', 'undici'],
    // packages in CommonJS call `require`, and only for what Node has built in; `import.meta` is nothing in a bundle of CommonJS
    banner: {
      js: "import{createRequire as __createRequire}from'node:module';const require=process.getBuiltinModule??__createRequire(process.execPath);",
    },
    alias: {
      // to import the module, Node makes its named exports, and opens all three standard streams for that
      'node:process': './src/cli/process.cjs',
      // commander imports it for a kind of command that reg does not have; with the network that it loads, it is a tenth of a start
      'node:child_process': './src/cli/child-process.mjs',
    },
    define: {
      PROGRAM_VERSION: JSON.stringify(version),
      // a text, for of anything else every file would get a copy
      SHELL_SCRIPTS: JSON.stringify(
        JSON.stringify(Object.fromEntries(['zsh', 'fish', 'powershell'].map(shellScript))),
      ),
    },
  };
  const plugins = [asText(outdir)];
  const { metafile } = await build({ ...options, plugins, write: false });
  return { ...options, plugins: [...plugins, coreInOneFile(importedBy(START, metafile.inputs))] };
}

/**
 * How esbuild makes the whole program one file, which needs Node and git and nothing else beside it.
 * @param outdir where the pages are, and where the file goes
 */
export async function oneFile(outdir) {
  return {
    ...(await bundle(outdir)),
    entryPoints: { reg: START },
    plugins: [asText(outdir)],
    splitting: false,
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
    external: OPTIONAL,
    banner: { js: '#!/usr/bin/env node' },
  };
}

/** Takes `…/dist/web/app.js?raw` as a text, from the folder that is being built. Vite, under which the tests run, does the same. */
const asText = (outdir) => ({
  name: 'as-text',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /\?raw$/ }, ({ path }) => ({
      path: resolve(root, outdir, 'web', basename(path, '?raw')),
      namespace: 'raw',
    }));
    onLoad({ filter: /./, namespace: 'raw' }, async ({ path }) => ({
      contents: await readFile(path),
      loader: 'text',
    }));
  },
});

/** A source and what it imports, but for what is loaded on use. */
function importedBy(source, inputs, found = new Set()) {
  if (!found.has(source)) {
    found.add(source);
    for (const { path, kind } of inputs[source]?.imports ?? [])
      if (kind !== 'dynamic-import') importedBy(path, inputs, found);
  }
  return found;
}

/**
 * Puts what most runs need into one file: every source imports it that does not belong to the start. Otherwise each set of sources that
 * the same others share is a file of its own, and to load forty files takes Node as long again as to start.
 */
const coreInOneFile = (start) => ({
  name: 'core-in-one-file',
  setup: ({ onLoad }) =>
    onLoad({ filter: /\/src\/.*\.tsx?$/ }, async ({ path }) => {
      if (start.has(relative(root, path))) return undefined;
      const contents = `import '${join(root, CORE)}';${await readFile(path, 'utf8')}`;
      return { contents, loader: path.endsWith('x') ? 'tsx' : 'ts' };
    }),
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
