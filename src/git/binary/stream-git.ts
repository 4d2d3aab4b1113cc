import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { Readable, type Writable } from 'node:stream';
import { interrupted, RegError } from '../../errors.js';
import { withoutUserInfo } from '../../util/address.js';
import { gitMissing } from './run-git.js';
import { gitVariables, type Surroundings } from './surroundings.js';

/**
 * Runs git in one folder and gives what it prints as it comes. simple-git keeps all output in memory, and a model may be
 * larger than that. The stream fails with RegError GIT_FAILED when git does, INTERRUPTED once the signal was given.
 */
export type StreamGit = (args: readonly string[], input?: Uint8Array) => Readable;

/** Gives a runner whose output is a stream, for one folder. */
export const streamGitIn =
  (cwd: string, { env, signal }: Surroundings): StreamGit =>
  (args, input) => {
    let child: Git | undefined;
    const start = async (): Promise<Git> => {
      // loaded on use: most questions are answered without starting anything
      const { spawn } = await import('node:child_process');
      child = spawn('git', [...args], {
        cwd,
        env: gitVariables(env),
        stdio: ['pipe', 'pipe', 'pipe'],
        signal,
      });
      // a git that does not want its input closes it, which is its right
      child.stdin.on('error', () => undefined).end(input);
      return child;
    };
    const output = Readable.from(outputOf(start, args[0] ?? '', signal), { objectMode: false });
    return output.on('close', () => child?.kill());
  };

type Git = ChildProcessByStdio<Writable, Readable, Readable>;

async function* outputOf(
  start: () => Promise<Git>,
  verb: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer> {
  if (signal?.aborted) throw interrupted();
  const child = await start();
  const stderr: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  // from the beginning, whoever reads when: an error that nobody hears ends the program
  const ended = once(child, 'close').then(
    ([code]) => code as number | null,
    (error: NodeJS.ErrnoException) => error,
  );
  try {
    yield* child.stdout;
  } finally {
    child.kill();
  }
  const end = await ended;
  if (end === 0) return;
  if (signal?.aborted) throw interrupted();
  if (end instanceof Error && end.code === 'ENOENT') throw gitMissing();
  const said = withoutUserInfo(Buffer.concat(stderr).toString()).trim();
  throw new RegError('GIT_FAILED', `git ${verb} failed: ${said || String(end)}`);
}
