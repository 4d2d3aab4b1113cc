import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { beforeAll, expect, test } from 'vitest';
import { sandbox } from '../support/repo.js';
import { makeRegistry, tagHourly } from './registry.js';

// The library in programs that are no ES modules.

const box = sandbox();
const registry = makeRegistry(box, 'registry', 'churn');
tagHourly(box, registry, 'churn@v1.0.0', 'churn#prod#1');
const program = join(box.root, 'program.cjs');
beforeAll(() => {
  mkdirSync(join(box.root, 'node_modules'));
  symlinkSync(fileURLToPath(new URL('../..', import.meta.url)), join(box.root, 'node_modules/git-reg'));
  writeFileSync(
    program,
    `const { openRegistry } = require('git-reg');
    openRegistry(${JSON.stringify(registry.dir)})
      .then((registry) => registry.which('churn', 'prod'))
      .then(({ version }) => console.log(version));`,
  );
});

const run = (file: string): string =>
  execFileSync(process.execPath, [file], { env: box.env, encoding: 'utf8', stdio: 'pipe' });

// since Node 20.19 (Node.js documentation, "Loading ECMAScript modules using require()")
test.runIf('require_module' in process.features)('require() loads it', () => {
  expect(run(program)).toBe('v1.0.0\n');
});

test('a bundle in CommonJS runs', async () => {
  const outfile = join(box.root, 'bundle/program.cjs');
  const { warnings } = await build({
    entryPoints: [program],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['@aws-sdk/*', '@azure/*', '@google-cloud/*'],
    logLevel: 'silent',
  });
  expect(warnings).toEqual([]);
  expect(run(outfile)).toBe('v1.0.0\n');
});
