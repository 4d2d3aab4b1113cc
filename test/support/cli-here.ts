import { readFileSync } from 'node:fs';
import { Readable, Writable } from 'node:stream';
import { main } from '../../src/cli/main.js';
import type { Run, RunOptions } from './cli.js';
import * as program from './cli.js';
import type { Env, Sandbox } from './repo.js';

export { type Run, type RunOptions, readable, transcript } from './cli.js';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

/** The commands that were run as a program in this file. */
const known = new Set<string>();

/**
 * Runs `reg` to its end, with the same outcome as the program: most of its time a program takes to start. The first run of each
 * command in a file is one of the program as it is installed, so that nothing is promised that only the source keeps.
 */
export async function runReg(box: Sandbox, options: RunOptions, ...args: string[]): Promise<Run> {
  const command = args[0] ?? '';
  if (!known.has(command)) {
    known.add(command);
    return program.runReg(box, options, ...args);
  }
  const { cwd, env, stdin = '' } = options;
  const [stdout, stderr] = [new Collected(), new Collected()];
  const code = await main(args, {
    stdin: Readable.from([Buffer.from(stdin)]),
    stdout,
    stderr,
    isTTY: false,
    isErrorTTY: false,
    canAsk: false,
    columns: 80,
    lines: 24,
    env: { ...box.env, ...env },
    cwd,
    now: Date.now,
    signal: new AbortController().signal,
    version,
  });
  const { bytes } = stdout;
  return { args, stdout: bytes.toString(), stderr: stderr.bytes.toString(), code, bytes, root: box.root };
}

/** Keeps what is written to it. */
class Collected extends Writable {
  private readonly chunks: Buffer[] = [];

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.chunks.push(chunk);
    done();
  }

  get bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }
}

/** Gives `reg` in one folder of a sandbox. */
export const regIn =
  (box: Sandbox, cwd: string, env: Env = {}) =>
  (...args: string[]): Promise<Run> =>
    runReg(box, { cwd, env }, ...args);

/** Gives what `reg` answers in JSON in one folder of a sandbox. */
export const jsonIn =
  (box: Sandbox, cwd: string) =>
  async (...args: string[]): Promise<unknown> =>
    JSON.parse((await runReg(box, { cwd }, ...args, '--json')).stdout);
