import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { sandbox } from '../support/repo.js';

// The declarations of the library in a program of its own, which checks them too (skipLibCheck: false).

const box = sandbox();
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TSC = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
const program = join(box.root, 'program');

const COMMON = `import { type Host, load, openRegistry, RegError, type Registry, type StageRow } from 'git-reg';
const host: Partial<Host> = { env: { HOME: undefined }, note: (text) => void text.length };
export const registry: Registry = await openRegistry('.', host);
export const row: StageRow | undefined = await registry.which('churn', 'prod', { at: '2026-01-01' });
export const version: string | undefined = row?.version;
// @ts-expect-error it is an option of no call
await registry.which('churn', 'prod', { att: '2026-01-01' });
// @ts-expect-error a time is no number
await registry.history('churn', { since: 5 });
export const model = await load('churn', { registry, stage: 'prod' });
export const bytes: Uint8Array = await model.bytes();
for await (const chunk of model.stream()) void (chunk as Uint8Array).length;
// @ts-expect-error nothing is \`any\`
export const wrong: number = model.stream();
export const code = (error: unknown): string => (error instanceof RegError ? error.code : '');
`;
const WITHOUT_NODE = `import { model } from './common.mjs';
export const stream: AsyncIterable<Uint8Array> = model.stream();
// @ts-expect-error Node is not known here
export const node: Buffer = await model.bytes();
`;
const WITH_NODE = `import { openRegistry } from 'git-reg';
import type { Readable } from 'node:stream';
import { model } from './common.mjs';
export const stream: Readable = model.stream();
await openRegistry('.', { env: process.env, signal: new AbortController().signal });
`;

beforeAll(() => {
  // without the packages of this project beside it
  const library = join(program, 'node_modules/git-reg');
  mkdirSync(library, { recursive: true });
  for (const path of ['package.json', 'dist/types'])
    cpSync(join(ROOT, path), join(library, path), { recursive: true });
  mkdirSync(join(program, 'types'));
  for (const name of ['node', 'undici-types'])
    symlinkSync(
      join(ROOT, 'node_modules', name === 'node' ? '@types/node' : name),
      join(program, name === 'node' ? 'types/node' : `node_modules/${name}`),
    );
  for (const [name, text] of Object.entries({ common: COMMON, without: WITHOUT_NODE, with: WITH_NODE }))
    writeFileSync(join(program, `${name}.mts`), text);
});

const compile = (file: string, ...options: string[]): Promise<string> => {
  const strict = ['--strict', '--exactOptionalPropertyTypes', '--skipLibCheck', 'false'];
  const args = [TSC, '--noEmit', '--target', 'es2022', '--lib', 'es2022', ...strict, ...options, file];
  return promisify(execFile)(process.execPath, args, { cwd: program }).then(
    () => '',
    ({ stdout }: { stdout: string }) => stdout,
  );
};

test('they compile without the types of Node, and give its own where they are there', async () => {
  const none = ['--types', ''];
  const compiled = [
    compile('without.mts', ...none, '--module', 'nodenext'),
    compile('without.mts', ...none, '--module', 'node16', '--moduleResolution', 'node16'),
    compile('without.mts', ...none, '--module', 'esnext', '--moduleResolution', 'bundler'),
    compile('with.mts', '--types', 'node', '--typeRoots', './types', '--module', 'nodenext'),
  ];
  expect(await Promise.all(compiled)).toEqual(['', '', '', '']);
});
