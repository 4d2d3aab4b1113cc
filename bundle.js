import { readFile } from 'node:fs/promises';
import { script } from '@bomb.sh/tab';

/**
 * How esbuild bundles the program and the library: every command becomes a chunk of its own, loaded when it runs.
 * @param outdir where the files go
 */
export const programBundle = (outdir) => ({
  entryPoints: { reg: 'src/cli/start.ts', index: 'src/index.ts' },
  outdir,
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  minify: true,
  legalComments: 'none',
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
  // packages in CommonJS call require for what Node has built in
  banner: { js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);" },
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
