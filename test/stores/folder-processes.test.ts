import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import { sandbox } from '../support/repo.js';

const box = sandbox();
const program = join(box.root, 'write.mjs');
const MIB = 1024 * 1024;

/** Writes `argv[3]` MiB of the byte `argv[4]` under the key `x` of the folder `argv[2]`; says how an error is called. */
const PROGRAM = `
import { Readable } from 'node:stream';
import { openFolder } from './folder.ts';
const [folder, size, letter] = process.argv.slice(2);
const pieces = function* () {
  for (let count = 0; count < size; count += 1) yield Buffer.alloc(${MIB}, letter);
};
await openFolder(folder, { env: {} })
  .write('x', Readable.from(pieces(), { objectMode: false }), size * ${MIB})
  .catch((error) => console.log(error.code + ' ' + error.message));
`;

beforeAll(async () => {
  const resolveDir = fileURLToPath(new URL('../../src/stores/', import.meta.url));
  const stdin = { contents: PROGRAM, resolveDir };
  await build({ stdin, outfile: program, bundle: true, format: 'esm', platform: 'node' });
  chmodSync(box.root, 0o755);
});

function folderOf(name: string): string {
  const path = join(box.root, name);
  mkdirSync(path);
  return path;
}

/** Runs the program, perhaps below limits of the shell; gives what it said. */
function write(folder: string, size: number, letter: string, limit = ':', uid?: number): Promise<string> {
  const script = `${limit}; exec "$0" "$@"`;
  const args = [process.execPath, program, folder, `${size}`, letter];
  const child = spawn('sh', ['-c', script, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: box.env,
    ...(uid === undefined ? {} : { uid }),
  });
  return text(child.stdout);
}

describe('writing to a folder', () => {
  it('of one key by two processes leaves one of them, whole', async () => {
    const folder = folderOf('two');
    const said = await Promise.all([write(folder, 8, 'a'), write(folder, 8, 'b')]);
    expect(said).toEqual(['', '']);
    expect(readdirSync(folder)).toEqual(['x']);
    const bytes = readFileSync(join(folder, 'x'));
    expect(bytes.equals(Buffer.alloc(8 * MIB, bytes[0]))).toBe(true);
  });

  it('fails with the path, and leaves what was there, when no more fits', async () => {
    const folder = folderOf('full');
    writeFileSync(join(folder, 'x'), 'old');
    // blocks of 512 bytes, or of 1024 in some shells
    const said = await write(folder, 4, 'a', 'ulimit -f 1000');
    expect(said).toMatch(/^FILE_SYSTEM cannot write .*\/full\/x: EFBIG/);
    expect(readdirSync(folder)).toEqual(['x']);
    expect(readFileSync(join(folder, 'x'), 'utf8')).toBe('old');
  });

  it('fails with the path where one may not write', async () => {
    const folder = folderOf('closed');
    chmodSync(folder, 0o555);
    // whoever runs the tests may be allowed everything
    const said = await write(folder, 1, 'a', ':', process.getuid?.() === 0 ? 65_534 : undefined);
    expect(said).toMatch(/^STORE_FAILED cannot write .*\/closed\/x: EACCES/);
    expect(readdirSync(folder)).toEqual([]);
  });
});
