// Builds the program, the library, the pages of a site, and what is made from the program's definitions.
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { build } from 'esbuild';
import { bundle, oneFile } from './bundle.js';
import { keepReachableTypes } from './declarations.js';
import { notices } from './notices.js';

// built aside and put in place at the end, so that what runs meanwhile finds a whole program
const outdir = mkdtempSync('dist-');
process.on('exit', () => rmSync(outdir, { recursive: true, force: true }));
// the pages of a site: one script that also runs where a page is opened as a file, which no module does
const pages = await build({
  entryPoints: { app: 'src/site/web/start.tsx', style: 'src/site/web/style/app.css' },
  outdir: `${outdir}/web`,
  bundle: true,
  format: 'iife',
  platform: 'browser',
  target: ['es2022', 'chrome123', 'firefox120', 'safari17.5'],
  minify: true,
  metafile: true,
  legalComments: 'none',
});
renameSync(`${outdir}/web/style.css`, `${outdir}/web/app.css`);
const parts = await build(await bundle(outdir));
const whole = await build(await oneFile(outdir));
chmodSync(`${outdir}/reg.cjs`, 0o755);
const licences = notices([pages.metafile, parts.metafile, whole.metafile]);
writeFileSync(`${outdir}/NOTICES.txt`, licences);
// the one file goes alone, and takes them along
appendFileSync(`${outdir}/reg.cjs`, `/*\n${licences.replaceAll('*/', '* /')}*/\n`);
const tsc = createRequire(import.meta.url)
  .resolve('typescript/package.json')
  .replace('package.json', 'bin/tsc');
execFileSync(process.execPath, [tsc, '-p', 'tsconfig.types.json', '--outDir', `${outdir}/types`], {
  stdio: 'inherit',
});

/** JSON with one definition a line: half as large as with every field on its own. */
function lineByLine({ $defs, ...rest }) {
  const lines = Object.entries($defs).map(
    ([name, schema]) => `${JSON.stringify(name)}: ${JSON.stringify(schema)}`,
  );
  return `${JSON.stringify(rest).slice(0, -1)},"$defs":{\n${lines.join(',\n')}\n}}\n`;
}

keepReachableTypes(`${outdir}/types`);

// what is made from the program's own definitions, and is no part of it
const making = `${outdir}/making.js`;
await build({
  entryPoints: ['src/cli/making.ts'],
  outfile: making,
  bundle: true,
  packages: 'external',
  external: ['*?raw'],
  format: 'esm',
  platform: 'node',
});
const {
  linkJsonSchema,
  configJsonSchema,
  outputJsonSchema,
  siteDataJsonSchema,
  fieldsDocument,
  manualPages,
} = await import(new URL(making, import.meta.url).href);
rmSync(making);
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
writeFileSync('schema/model-link.schema.json', `${JSON.stringify(linkJsonSchema(), null, 2)}\n`);
writeFileSync('schema/reg-config.schema.json', `${JSON.stringify(configJsonSchema(), null, 2)}\n`);
writeFileSync('schema/site-data.schema.json', lineByLine(siteDataJsonSchema()));
writeFileSync('schema/output.schema.json', lineByLine(outputJsonSchema()));
const output = readFileSync('docs/output.md', 'utf8');
const [mark] = /^<!-- .* -->$/m.exec(output);
writeFileSync('docs/output.md', `${output.slice(0, output.indexOf(mark))}${mark}\n\n${fieldsDocument()}\n`);
mkdirSync('man', { recursive: true });
for (const [file, text] of manualPages(version)) writeFileSync(`man/${file}`, text);

chmodSync(outdir, 0o755); // the user of the program need not be the one who built it
rmSync('dist', { recursive: true, force: true });
renameSync(outdir, 'dist');
