import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import process from 'node:process';
import { Readable } from 'node:stream';
import { interrupted, RegError } from '../../errors.js';
import { withoutUserInfo } from '../../util/address.js';
import { timeoutOf } from '../../util/timeout.js';

/** What a run of git takes from the process around it. */
export interface Surroundings {
  env: NodeJS.ProcessEnv;
  /** Ends what is running. */
  signal?: AbortSignal | undefined;
}

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
 * Runs git in one folder and gives what it prints as it comes. The stream fails with RegError GIT_FAILED when git does,
 * INTERRUPTED once the signal was given.
 */
export type StreamGit = (args: readonly string[], input?: Uint8Array) => Readable;

const GIT_MISSING = -2;
const HUNG = -3;

/**
 * Gives a runner for one folder, for commands whose answer is a text. Every run throws RegError INTERRUPTED once the signal
 * was given.
 * @param around its environment is what git gets; untouched but for locale, locks and allowed transports
 * @throws RegError USAGE for a REG_TIMEOUT that is no time to wait
 */
export function gitIn(cwd: string, around: Surroundings): RunGit {
  const timeout = timeoutOf(around.env);
  return async (args, input) => {
    if (around.signal?.aborted) throw interrupted();
    // loaded on use: what only reads does without it
    const { simpleGit } = await import('simple-git');
    const run = watchRun(timeout, around.signal);
    const variables = { ...gitVariables(around.env), [MARK]: run.mark };
    const stdout: Buffer[] = [];
    let ended = { exitCode: -1, stdErr: [] as Buffer[] };
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
      abort: run.signal,
      allowEnvironment: Object.keys(variables),
      unsafe: TRUST_THE_USER,
    });
    // raw() decodes and trims; bytes are taken from the pipe
    git.outputHandler((_command, out, err) => {
      out.on('data', (chunk: Buffer) => stdout.push(chunk));
      // after a command that printed nothing simple-git waits 50 ms for it to print something after all
      out.on('end', () => out.emit('data', Buffer.alloc(0)));
      for (const pipe of [out, err]) pipe.on('data', run.heard);
      run.holds(out as Readable, err as Readable);
    });
    const answer = git.env(variables).raw([...args]);
    // what was ended on purpose fails as it has to
    const unlessEnded = (error: unknown): void => {
      if (!run.signal.aborted) throw error;
    };
    await Promise.race([run.ended, answer.catch(unlessEnded)]);
    const early = run.stop();
    if (early) return resultOf(early, timeout);
    const whole = Buffer.concat(stdout);
    // what git printed may be tens of megabytes, and listeners hold the list
    stdout.length = 0;
    return { code: ended.exitCode, stdout: whole, stderr: said(ended.stdErr) };
  };
}

/**
 * The same for questions about the repository, whose answer is bytes: simple-git takes a third of the time that Node.js takes
 * to start, to be loaded.
 */
export const readGitIn =
  (cwd: string, around: Surroundings): RunGit =>
  async (args, input) => {
    const output = outputOf(cwd, around, args, input);
    const chunks: Buffer[] = [];
    for (;;) {
      const { done, value } = await output.next();
      if (done) return { stdout: Buffer.concat(chunks), ...value };
      chunks.push(value);
    }
  };

/** The same for what may be larger than memory. */
export const streamGitIn =
  (cwd: string, around: Surroundings): StreamGit =>
  (args, input) => {
    const chunks = async function* (): AsyncGenerator<Buffer, void> {
      expectEnd(yield* outputOf(cwd, around, args, input), args);
    };
    return Readable.from(chunks(), { objectMode: false });
  };

/** The same of what a runner gives whole. */
export const streamOf =
  (git: RunGit): StreamGit =>
  (args, input) => {
    const chunks = async function* (): AsyncGenerator<Buffer, void> {
      const { stdout, ...end } = await git(args, input);
      yield stdout;
      expectEnd(end, args);
    };
    return Readable.from(chunks(), { objectMode: false });
  };

/** Thrown where a stream of git ends early. */
export class GitFailed extends RegError {
  /** Negative when git did not run to its end. */
  readonly exitCode: number;

  constructor({ code, stderr }: Omit<GitResult, 'stdout'>, [verb]: readonly string[]) {
    super('GIT_FAILED', `git ${verb} failed: ${stderr || `exit code ${code}`}`);
    this.exitCode = code;
  }
}

function expectEnd(end: Omit<GitResult, 'stdout'>, args: readonly string[]): void {
  if (end.code === GIT_MISSING) throw gitMissing();
  if (end.code !== 0) throw new GitFailed(end, args);
}

/** What git prints, and how it ended. It is ended too when the reader asks for no more. */
async function* outputOf(
  cwd: string,
  { env, signal }: Surroundings,
  args: readonly string[],
  input: string | Uint8Array | undefined,
): AsyncGenerator<Buffer, Omit<GitResult, 'stdout'>> {
  const timeout = timeoutOf(env);
  if (signal?.aborted) throw interrupted();
  // loaded on use: many a command asks git nothing
  const { spawn } = await import('node:child_process');
  const run = watchRun(timeout, signal);
  const child = spawn('git', [...args], {
    cwd,
    env: { ...gitVariables(env), [MARK]: run.mark },
    // writing to a process that reads no input fails, so without input there is no pipe
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  const { stdout, stderr } = child as typeof child & { stdout: Readable; stderr: Readable };
  run.holds(stdout, stderr);
  const spoken: Buffer[] = [];
  stderr.on('data', (chunk: Buffer) => {
    run.heard();
    spoken.push(chunk);
  });
  // from the beginning: an error without a listener ends the program
  const closed = once(child, 'close').then(
    ([code]) => code as number | null,
    (error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? GIT_MISSING : null),
  );
  // a git that does not want its input closes it, which is its right
  child.stdin?.on('error', () => undefined).end(input);
  try {
    for await (const chunk of stdout as AsyncIterable<Buffer>) {
      // time that the reader takes is not git's
      run.pause();
      yield chunk;
      run.heard();
    }
  } catch (error) {
    if (!run.signal.aborted) throw error;
  } finally {
    // a reader that wants no more leaves here
    if (!stdout.readableEnded) {
      child.kill();
      run.stop();
    }
  }
  const code = await Promise.race([closed, run.ended]);
  const early = run.stop();
  return early ? resultOf(early, timeout) : { code: code ?? -1, stderr: said(spoken) };
}

/** Looks after one run of git: ends it when it gives no sign for some seconds, or when the signal is given. */
interface Watch {
  /** What the run's processes carry in their environment. */
  mark: string;
  /** Given when the run is ended before its time, and `ended` resolves then. */
  signal: AbortSignal;
  ended: Promise<void>;
  /** Git gave a sign. */
  heard(): void;
  /** Nothing is expected of git until it is heard again. */
  pause(): void;
  /** The pipes that are closed when the run is ended: a process that cannot be ended holds them, and would keep this one. */
  holds(...pipes: readonly Readable[]): void;
  /** The run is over: why, when that was before its time. */
  stop(): EarlyEnd | undefined;
}

type EarlyEnd = 'hung' | 'interrupted';

/**
 * The result of a run that was ended before its time.
 * @throws RegError INTERRUPTED where the signal ended it
 */
function resultOf(early: EarlyEnd, seconds: number): GitResult {
  if (early === 'interrupted') throw interrupted();
  return { code: HUNG, stdout: Buffer.alloc(0), stderr: `it gave no sign for ${seconds} seconds` };
}

function watchRun(seconds: number, signal: AbortSignal | undefined): Watch {
  // of its own on this machine; to load what makes random ids takes longer than git
  const mark = `${process.pid}-${process.hrtime.bigint()}`;
  const ending = new AbortController();
  const ended = once(ending.signal, 'abort').then(() => undefined);
  let held: readonly Readable[] = [];
  let timer: NodeJS.Timeout | undefined;
  let early: EarlyEnd | undefined;
  const end = async (why: EarlyEnd): Promise<void> => {
    early ??= why;
    await endMarked(mark);
    ending.abort();
    for (const pipe of held) pipe.destroy();
  };
  const interrupt = (): void => void end('interrupted');
  const pause = (): void => clearTimeout(timer);
  const heard = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => void end('hung'), seconds * 1000);
  };
  signal?.addEventListener('abort', interrupt);
  heard();
  return {
    mark,
    signal: ending.signal,
    ended,
    heard,
    pause,
    holds: (...pipes) => {
      held = pipes;
    },
    stop: () => {
      pause();
      signal?.removeEventListener('abort', interrupt);
      for (const pipe of held) pipe.removeListener('data', heard);
      return early;
    },
  };
}

/** The variable that marks a run of git and everything that it starts. */
const MARK = 'REG_RUN';

/**
 * Ends every process that carries a mark in its environment. Git that is ended itself leaves its transport behind, waiting
 * for the server (git-remote-http), and that one is nobody's child any more. Only Linux shows environments (proc(5)).
 */
async function endMarked(mark: string): Promise<void> {
  const wanted = Buffer.from(`${MARK}=${mark}\0`);
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    const environment = await readFile(`/proc/${pid}/environ`).catch(() => undefined);
    if (environment?.includes(wanted)) endProcess(Number(pid));
  }
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch {
    // it ended by itself meanwhile
  }
}

/** Transports that a link or a `--repo` may use; `ext::` and its like run commands (git-remote-ext(1)). */
const TRANSPORTS = 'https:http:ssh:git:file';

/**
 * simple-git guards against options and variables that start programs. Here every argument is made by this program,
 * none is passed on from a file, and the variables are the user's own, as for any git command: `git reg`, a hook and a
 * CI runner set many of them.
 */
const TRUST_THE_USER = {
  allowUnsafeAlias: true,
  allowUnsafeAskPass: true,
  allowUnsafeCommandBinaries: true,
  allowUnsafeConfigEnvCount: true,
  allowUnsafeConfigPaths: true,
  allowUnsafeCredentialHelper: true,
  allowUnsafeDiffExternal: true,
  allowUnsafeDiffTextConv: true,
  allowUnsafeEditor: true,
  allowUnsafeExec: true,
  allowUnsafeFilter: true,
  allowUnsafeFsMonitor: true,
  allowUnsafeGitProxy: true,
  allowUnsafeGpgProgram: true,
  allowUnsafeHooksPath: true,
  allowUnsafeInclude: true,
  allowUnsafeMergeDriver: true,
  allowUnsafePack: true,
  allowUnsafePager: true,
  allowUnsafeProtocolOverride: true,
  allowUnsafeSshCommand: true,
  allowUnsafeSubmodule: true,
  allowUnsafeTemplateDir: true,
  allowUnsafeUrlRewrite: true,
};

/** The environment that git gets: the user's own, but for locale, locks and allowed transports. */
const gitVariables = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  GIT_ALLOW_PROTOCOL: TRANSPORTS,
  ...env,
  LC_ALL: 'C',
  GIT_OPTIONAL_LOCKS: '0',
  // a replacement object would make a tag answer for another one (git-replace(1))
  GIT_NO_REPLACE_OBJECTS: '1',
});

/**
 * Without a way to the remote: in a partial clone git asks it for every object that is missing, one by one. Versions before
 * 2.44 may know no word against that, so that no transport is allowed either.
 */
export const offline = ({ env, signal }: Surroundings): Surroundings => ({
  env: { ...env, GIT_NO_LAZY_FETCH: '1', GIT_ALLOW_PROTOCOL: 'none' },
  signal,
});

/** With all the time that hooks, a person who types a passphrase, or a download may take. */
export const unhurried = ({ env, signal }: Surroundings): Surroundings => ({
  env: { ...env, REG_TIMEOUT: '86400' },
  signal,
});

// the list of `git rev-parse --local-env-vars`
const LOCAL =
  /^GIT_(DIR|WORK_TREE|INDEX_FILE|COMMON_DIR|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES|PREFIX|NAMESPACE|GRAFT_FILE|SHALLOW_FILE|CONFIG|IMPLICIT_WORK_TREE|REPLACE_REF_BASE|INTERNAL_SUPER_PREFIX)$/;

/** An environment without what points git at one repository, for work in another one; hooks have it set. */
export const withoutLocalVariables = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !LOCAL.test(name)));

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
  if (result.code === GIT_MISSING) throw gitMissing();
  throw new RegError(
    'GIT_FAILED',
    `git failed while ${doing}: ${result.stderr || `exit code ${result.code}`}`,
  );
}

/** The error for a machine without git. */
const gitMissing = (): RegError =>
  new RegError(
    'GIT_MISSING',
    'the git program was not found',
    'install git 2.34 or newer and see that it is on PATH',
  );

/** mktag learnt --strict in 2.31, for-each-ref and update-ref what is used here by 2.34. */
const OLDEST = [2, 34] as const;

/**
 * Checks that the git program is there and new enough.
 * @throws RegError GIT_MISSING, GIT_TOO_OLD
 */
export async function requireGit(git: RunGit): Promise<void> {
  const result = await git(['version']);
  if (result.code < 0) throw gitMissing();
  const [, major = '0', minor = '0'] = /(\d+)\.(\d+)/.exec(result.stdout.toString()) ?? [];
  const isNewEnough =
    Number(major) > OLDEST[0] || (Number(major) === OLDEST[0] && Number(minor) >= OLDEST[1]);
  if (isNewEnough) return;
  throw new RegError(
    'GIT_TOO_OLD',
    `git ${major}.${minor} is too old`,
    `install git ${OLDEST.join('.')} or newer`,
  );
}
