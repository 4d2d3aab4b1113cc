import { interrupted, RegError } from '../../errors.js';
import { withoutUserInfo } from '../../util/address.js';
import { timeoutOf } from '../../util/timeout.js';
import { MARK } from './end-run.js';
import { gitVariables, type Surroundings, TRUST_THE_USER } from './surroundings.js';
import { type Watch, watchOver } from './watch.js';

/** How one run of git ended. Callers decide by `code`, never by what git says. */
export interface GitResult {
  /** Negative when git did not run to its end. */
  code: number;
  stdout: Buffer;
  /** What git said, without progress and without the user-info of any URL. */
  stderr: string;
}

/** Runs git in one folder with the given arguments and standard input. */
export type RunGit = (args: readonly string[], input?: string | Uint8Array) => Promise<GitResult>;

/**
 * Gives a runner of the git program for one folder. Every run throws RegError INTERRUPTED once the signal was given.
 * @param around its environment is what git gets; untouched but for locale, locks and allowed transports
 * @throws RegError USAGE for a REG_TIMEOUT that is no time to wait
 */
export function gitIn(cwd: string, { env, signal }: Surroundings): RunGit {
  const around = { env: gitVariables(env), signal, patience: timeoutOf(env) };
  return (args, input) => runOnce(cwd, around, args, input);
}

async function runOnce(
  cwd: string,
  { env, signal, patience }: Surroundings & { patience: number },
  args: readonly string[],
  input: string | Uint8Array | undefined,
): Promise<GitResult> {
  if (signal?.aborted) throw interrupted();
  // loaded on use: many a question is answered without starting git
  const { simpleGit } = await import('simple-git');
  const mark = crypto.randomUUID();
  const variables = { ...env, [MARK]: mark };
  const stdout: Buffer[] = [];
  let ended = { exitCode: -1, stdErr: [] as Buffer[] };
  const watch = watchOver(mark, patience, signal);
  const git = simpleGit({
    baseDir: cwd,
    // every exit code is an answer; without this handler exit 1 with an empty stderr would resolve as a success
    errors: (_error, result) => {
      ended = result;
      return undefined;
    },
    // an empty input still has to close the pipe, and simple-git skips what is falsy
    ...(input === undefined
      ? {}
      : { input: () => (input.length === 0 ? Buffer.alloc(0) : Buffer.from(input)) }),
    // the end of its output is the end of git; the default also waits 50 ms after the process is gone
    completion: { onClose: true, onExit: false },
    abort: watch.signal,
    allowEnvironment: Object.keys(variables),
    unsafe: TRUST_THE_USER,
  });
  // raw() decodes and trims; bytes are taken from the pipe
  git.outputHandler((_command, out, err) => {
    out.on('data', (chunk: Buffer) => stdout.push(chunk));
    // after a command that printed nothing simple-git waits 50 ms for it to print something after all
    out.on('end', () => out.emit('data', Buffer.alloc(0)));
    watch.pipes(out, err);
  });
  const run = git.env(variables).raw([...args]);
  // what was ended on purpose fails as it has to
  await Promise.race([watch.ended, run.catch(unlessEnded(watch))]);
  switch (watch.stop()) {
    case 'interrupted':
      throw interrupted();
    case 'hung':
      return { code: -3, stdout: Buffer.alloc(0), stderr: `it gave no sign for ${patience} seconds` };
  }
  const whole = Buffer.concat(stdout);
  // what git printed may be tens of megabytes, and listeners hold the list
  stdout.length = 0;
  return { code: ended.exitCode, stdout: whole, stderr: said(ended.stdErr) };
}

const unlessEnded = (watch: Watch) => (error: unknown) => {
  if (!watch.signal.aborted) throw error;
};

/** Lines of progress: `remote: Counting objects:  50% (1/2)`, `Total 3 (delta 0), …`. */
const PROGRESS =
  /^(remote: )?(Total \d+|Delta compression using |[A-Z][a-z]+ (objects|deltas|file contents)[^:]*: )/;

const said = (stderr: readonly Buffer[]): string =>
  withoutUserInfo(Buffer.concat(stderr).toString())
    .split(/[\r\n]+/)
    .map((line) => line.trimEnd())
    .filter((line) => line !== '' && !PROGRESS.test(line))
    .join('\n');

/**
 * The standard output of a run that must succeed.
 * @throws RegError GIT_FAILED
 */
export function expectSuccess(result: GitResult, doing: string): Buffer {
  if (result.code === 0) return result.stdout;
  if (result.code === -2) throw gitMissing();
  throw new RegError(
    'GIT_FAILED',
    `git failed while ${doing}: ${result.stderr || `exit code ${result.code}`}`,
  );
}

/** The error for a machine without git. */
export const gitMissing = (): RegError =>
  new RegError(
    'GIT_MISSING',
    'the git program was not found',
    'install git 2.34 or newer and see that it is on PATH',
  );
