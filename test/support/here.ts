import { Readable, Writable } from 'node:stream';
import { main } from '../../src/cli/main.js';
import type { World } from '../../src/cli/world.js';
import type { Env } from './repo.js';

/** How one run of `reg` ended that was no process of its own. */
export interface RunHere {
  stdout: string;
  stderr: string;
  code: number;
  /** Standard output as it came, for models. */
  bytes: Buffer;
}

/** What a test sets of the world that a command sees. */
export type Surroundings = Partial<Omit<World, 'stdout' | 'stderr' | 'env'>> & { cwd: string; env: Env };

/** Runs a command in this process: as the program does it, and several times as fast as starting one. */
export async function runHere(around: Surroundings, ...args: string[]): Promise<RunHere> {
  const [stdout, stderr] = [collector(), collector()];
  const world: World = {
    stdin: Readable.from([]),
    isTTY: false,
    isErrorTTY: false,
    canAsk: false,
    columns: 80,
    lines: 24,
    now: () => Date.UTC(2026, 0, 1),
    signal: new AbortController().signal,
    version: '0.0.0',
    ...around,
    stdout: stdout.stream,
    stderr: stderr.stream,
  };
  const code = await main(args, world);
  const [bytes, said] = [stdout.bytes(), stderr.bytes()];
  return { stdout: bytes.toString(), stderr: said.toString(), code, bytes };
}

function collector(): { stream: Writable; bytes: () => Buffer } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      chunks.push(Buffer.from(chunk));
      done();
    },
  });
  return { stream, bytes: () => Buffer.concat(chunks) };
}
