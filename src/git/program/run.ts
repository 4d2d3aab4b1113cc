import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import process from 'node:process';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { interrupted, RegError } from '../../errors.js';
import { withoutUserInfo } from '../../util/address.js';
import { once as lazily } from '../../util/async.js';
import { undoneAtEnd } from '../../util/ending.js';
import { type HostToken, hostTokens, redactorOfTokens } from '../../util/host-tokens.js';
import { noResponse, timeoutOf } from '../../util/timeout.js';

/** What a run of git takes from the process around it. */
export interface Surroundings {
  env: NodeJS.ProcessEnv;
  /** Ends what is running. */
  signal?: AbortSignal | undefined;
  /** Whether processes that answer about objects go on for the next questions, as a server has many. */
  isLasting?: boolean | undefined;
}

/** How one run of git ended. Callers decide by `code`, never by a message of git. */
export interface GitResult {
  /** Negative when git did not run to its end. */
  code: number;
  stdout: Buffer;
  /** The messages of git, without progress and without the user-info of any URL. */
  stderr: string;
}

/** The standard input of git; a function makes it once git runs, and gets its process id. */
export type GitInput = string | Uint8Array | ((pid: number) => Promise<string | Uint8Array>);

/** Runs git in one folder with the given arguments and standard input. */
export type RunGit = (args: readonly string[], input?: GitInput) => Promise<GitResult>;

/** The same for an answer that may be long: with `take`, that gets the output as it comes, and `stdout` is empty. */
export type ReadGit = (
  args: readonly string[],
  input?: GitInput,
  take?: (chunk: Buffer) => void,
) => Promise<GitResult>;

/**
 * Runs git in one folder and gives its output as it comes. The stream fails with RegError GIT_FAILED when git fails, and with
 * INTERRUPTED once the signal is given.
 */
export type StreamGit = (args: readonly string[], input?: Uint8Array) => Readable;

const GIT_MISSING = -2;
const HUNG = -3;

/**
 * Runs git with simple-git: commands that write, talk to a remote or read the configuration, whose answer is a short text.
 * Every run throws RegError INTERRUPTED once the signal is given.
 * @param around git gets its environment as it is, but for locale, locks and allowed transports
 * @throws RegError USAGE for a REG_TIMEOUT that is not a number of seconds
 */
export function gitIn(cwd: string, around: Surroundings): RunGit {
  const timeout = timeoutOf(around.env);
  return async (args, input) => {
    // simple-git does not tell which process it runs
    if (typeof input === 'function') return readGitIn(cwd, around)(args, input);
    if (around.signal?.aborted) throw interrupted();
    // loaded on use: a question about tags does not need it
    const { simpleGit } = await import('simple-git');
    const run = watchRun(timeout, around.signal);
    const variables = { ...gitVariables(around.env), [MARK]: run.mark };
    const stdout: Buffer[] = [];
    let ended = { exitCode: -1, stdErr: [] as Buffer[] };
    const git = simpleGit({
      baseDir: cwd,
      // every exit code is an answer; without this handler exit code 1 with an empty stderr would resolve as a success
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
    // a run that is ended on purpose fails
    const unlessEnded = (error: unknown): void => {
      if (!run.signal.aborted) throw error;
    };
    await Promise.race([run.ended, answer.catch(unlessEnded)]);
    const early = run.stop();
    if (early) return resultOf(early, timeout);
    const whole = Buffer.concat(stdout);
    // the output may be tens of megabytes, and listeners hold the list
    stdout.length = 0;
    return { code: ended.exitCode, stdout: whole, stderr: messagesIn(ended.stdErr, around.env) };
  };
}

/**
 * Runs git without simple-git: questions about refs and objects, whose answer is bytes and may be long. To load simple-git
 * takes longer than git needs for most of them.
 */
export const readGitIn =
  (cwd: string, around: Surroundings): ReadGit =>
  async (args, input, take) => {
    const output = outputOf(cwd, around, args, input);
    const chunks: Buffer[] = [];
    for (;;) {
      const { done, value } = await output.next();
      if (done) return { stdout: Buffer.concat(chunks), ...value };
      if (take) take(value);
      else chunks.push(value);
    }
  };

/** The same, for an answer that may be larger than memory. */
export const streamGitIn = (cwd: string, around: Surroundings): StreamGit => {
  const lasting = around.isLasting
    ? lazily(async () => (await import('./lasting.js')).lastingGit(cwd, around))
    : undefined;
  return (args, input) => {
    const chunks = async function* (): AsyncGenerator<Buffer, void> {
      const answer = lasting && input && (await (await lasting()).answer(args, input));
      if (answer !== undefined) return yield answer;
      expectEnd(yield* outputOf(cwd, around, args, input), args);
    };
    return Readable.from(chunks(), { objectMode: false });
  };
};

/** Starts git, with pipes to write to and read from, for longer than one question. */
export async function spawnGit(
  cwd: string,
  { env }: Surroundings,
  args: readonly string[],
): Promise<ChildProcess> {
  const { spawn } = await import('node:child_process');
  return spawn('git', [...args], { cwd, env: gitVariables(env), stdio: ['pipe', 'pipe', 'ignore'] });
}

/** The error of a stream whose git failed. */
export class GitFailed extends RegError {
  /** Negative when git did not run to its end. */
  readonly exitCode: number;
  /** What git wrote, line by line; the message has it in one. */
  readonly stderr: string;

  constructor({ code, stderr }: Omit<GitResult, 'stdout'>, [verb]: readonly string[]) {
    super('GIT_FAILED', `git ${verb} failed: ${oneLine(stderr) || `exit code ${code}`}`);
    this.exitCode = code;
    this.stderr = stderr;
  }
}

function expectEnd(end: Omit<GitResult, 'stdout'>, args: readonly string[]): void {
  if (end.code === GIT_MISSING) throw gitMissing();
  if (end.code !== 0) throw new GitFailed(end, args);
}

/** Runs git in one folder and lets it write its output to an open file. */
export type WriteGit = (args: readonly string[], to: number, signal: AbortSignal) => Promise<void>;

/**
 * Runs git in one folder with a file as its output, where nothing has to go through this process.
 * @throws RegError GIT_FAILED when git fails, INTERRUPTED once a signal is given
 */
export const writeGitIn =
  (cwd: string, { env, signal }: Surroundings): WriteGit =>
  async (args, to, until) => {
    const end = AbortSignal.any([until, ...(signal ? [signal] : [])]);
    if (end.aborted) throw interrupted();
    const { spawn } = await import('node:child_process');
    const child = spawn('git', [...args], { cwd, env: gitVariables(env), stdio: ['ignore', to, 'pipe'] });
    const messages: Buffer[] = [];
    child.stderr?.on('data', (chunk: Buffer) => messages.push(chunk));
    const stop = (): void => void child.kill();
    end.addEventListener('abort', stop);
    const code = await once(child, 'close').then(
      ([code]) => code as number | null,
      (error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? GIT_MISSING : null),
    );
    end.removeEventListener('abort', stop);
    if (end.aborted) throw interrupted();
    expectEnd({ code: code ?? -1, stderr: messagesIn(messages, env) }, args);
  };

/** The output of git, and how it ended. Git is also ended when the reader asks for no more. */
async function* outputOf(
  cwd: string,
  { env, signal }: Surroundings,
  args: readonly string[],
  input: GitInput | undefined,
): AsyncGenerator<Buffer, Omit<GitResult, 'stdout'>> {
  const timeout = timeoutOf(env);
  if (signal?.aborted) throw interrupted();
  // loaded on use: many commands do not ask git anything
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
  const messages: Buffer[] = [];
  stderr.on('data', run.heard);
  stderr.on('data', (chunk: Buffer) => messages.push(chunk));
  // listened to from the beginning: an error without a listener ends the program
  const closed = once(child, 'close').then(
    ([code]) => code as number | null,
    (error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? GIT_MISSING : null),
  );
  // git may close its input before it has read all of it
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(typeof input === 'function' ? await input(child.pid ?? 0) : input);
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
    // the reader may leave before the end
    if (!stdout.readableEnded) {
      child.kill();
      run.stop();
    }
  }
  const code = await Promise.race([closed, run.ended]);
  const early = run.stop();
  return early ? resultOf(early, timeout) : { code: code ?? -1, stderr: messagesIn(messages, env) };
}

/** Watches one run of git. It ends the run when git does not respond for some seconds, and when the signal is given. */
interface Watch {
  /** A value in the environment of all processes of the run. */
  mark: string;
  /** Aborts when the run is ended early; `ended` resolves then. */
  signal: AbortSignal;
  ended: Promise<void>;
  /** Git responded. */
  heard(): void;
  /** No response is expected until the next call of `heard`. */
  pause(): void;
  /** Names the pipes to close when the run is ended early: a process that cannot be ended keeps them open. */
  holds(...pipes: readonly Readable[]): void;
  /** The run is over. Gives the reason where it was ended early. */
  stop(): EarlyEnd | undefined;
}

type EarlyEnd = 'hung' | 'interrupted';

/**
 * The result of a run that was ended early.
 * @throws RegError INTERRUPTED where the signal ended it
 */
function resultOf(early: EarlyEnd, seconds: number): GitResult {
  if (early === 'interrupted') throw interrupted();
  return { code: HUNG, stdout: Buffer.alloc(0), stderr: noResponse(seconds).message };
}

function watchRun(seconds: number, signal: AbortSignal | undefined): Watch {
  // unique on this machine; to load the module for random ids takes longer than git
  const mark = `${process.pid}-${process.hrtime.bigint()}`;
  const ending = new AbortController();
  const ended = once(ending.signal, 'abort').then(() => undefined);
  let held: readonly Readable[] = [];
  let isPaused = false;
  let early: EarlyEnd | undefined;
  runs.add(mark);
  const end = async (why: EarlyEnd): Promise<void> => {
    early ??= why;
    await endMarked(mark);
    ending.abort();
    for (const pipe of held) pipe.destroy();
  };
  const interrupt = (): void => void end('interrupted');
  const timer = setTimeout(() => {
    if (isPaused) timer.refresh();
    else void end('hung');
  }, seconds * 1000);
  const heard = (): void => {
    isPaused = false;
    timer.refresh();
  };
  signal?.addEventListener('abort', interrupt);
  return {
    mark,
    signal: ending.signal,
    ended,
    heard,
    pause: () => {
      isPaused = true;
    },
    holds: (...pipes) => {
      held = pipes;
    },
    stop: () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', interrupt);
      if (early === undefined) runs.delete(mark);
      for (const pipe of held) pipe.removeListener('data', heard);
      return early;
    },
  };
}

/** The variable that marks a run of git and all processes that it starts. */
const MARK = 'REG_RUN';

/**
 * Ends every process with a mark in its environment. When git alone is ended, its transport stays behind (git-remote-http)
 * and waits for the server. Only Linux shows the environment of a process (proc(5)).
 */
async function endMarked(mark: string): Promise<void> {
  const wanted = Buffer.from(`${MARK}=${mark}\0`);
  const own = async (): Promise<number[]> => {
    const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
    const marked: number[] = [];
    for (const pid of pids) {
      const environment = await readFile(`/proc/${pid}/environ`).catch(() => undefined);
      if (environment?.includes(wanted)) marked.push(Number(pid));
    }
    return marked;
  };
  for (const pid of await own()) endProcess(pid, 'SIGTERM');
  // git removes its lock files before it ends
  for (let waited = 0; waited < ENDING_MS && (await own()).length > 0; waited += LOOK_MS)
    await sleep(LOOK_MS);
  for (const pid of await own()) endProcess(pid, 'SIGKILL');
}

/** How long processes have to end, and how often is looked whether they have. */
const ENDING_MS = 250;
const LOOK_MS = 25;

/** The marks of the runs that are not over, and of those that were ended early. */
const runs = new Set<string>();

// nothing that was started outlives the program
undoneAtEnd(() => {
  if (runs.size === 0 || !existsSync('/proc/self/environ')) return;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, 'latin1');
      const [, mark = ''] = new RegExp(`(?:^|\0)${MARK}=([^\0]*)`).exec(environment) ?? [];
      if (runs.has(mark)) endProcess(Number(pid), 'SIGKILL');
    } catch {
      // it has ended, or is another user's
    }
});

function endProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // it has ended meanwhile
  }
}

/** Transports that a link or `--repo` may use; `ext::` and its like run commands (git-remote-ext(1)). */
const TRANSPORTS = 'https:http:ssh:git:file';

/**
 * simple-git guards against options and variables that start programs. Here this program makes every argument, none comes
 * from a file, and the variables are the user's own, as for any git command: `git reg`, a hook and a CI runner set many.
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

/** The environment of git: the user's own, but for locale, locks, allowed transports and the logins of `REG_TOKEN_<HOST>`. */
const gitVariables = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  GIT_ALLOW_PROTOCOL: TRANSPORTS,
  ...withTokens(env),
  LC_ALL: 'C',
  GIT_OPTIONAL_LOCKS: '0',
  // a replacement object would make a tag answer for another one (git-replace(1))
  GIT_NO_REPLACE_OBJECTS: '1',
});

/**
 * Makes the tokens of the environment the logins of git, for exactly their hosts. Git asks a helper again for the host of a redirect,
 * and sends a header of its configuration there, so that a token is no header. It takes the place of headers and helpers of its host.
 */
function withTokens(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const settings = hostTokens(env).flatMap((token) =>
    token.origins.flatMap((origin): Setting[] => [
      // an empty value takes away those before it (git-config(1), http.extraHeader, credential.helper)
      [`http.${origin}/.extraHeader`, ''],
      [`credential.${origin}.helper`, ''],
      [`credential.${origin}.helper`, helperFor(token)],
    ]),
  );
  return settings.length === 0 ? env : withSettings(env, settings);
}

/** A credential helper in shell that reads a variable: no command line and no file holds a token (gitcredentials(7)). */
function helperFor({ variable, login, hasUser }: HostToken): string {
  const user = hasUser
    ? `user=\${token%%:*} token=\${token#*:}`
    : `user=${login.username}; while IFS== read -r key value; do test "$key" != username || user=$value; done`;
  return `!f() { test "$1" = get || exit 0; token=$${variable}; ${user}; printf 'username=%s\\npassword=%s\\n' "$user" "$token"; }; f`;
}

/**
 * Without access to the remote. In a partial clone git asks the remote for every object that is missing, one by one. Git
 * before 2.44 may not know the first variable, so no transport is allowed either.
 */
export const offline = (around: Surroundings): Surroundings => ({
  ...around,
  env: { ...around.env, GIT_NO_LAZY_FETCH: '1', GIT_ALLOW_PROTOCOL: 'none' },
});

/**
 * For tags alone: git takes no more memory at once than that, and so never reads a huge object whole (its wrapper.c). It fails at such
 * an object as at a corrupt one.
 */
export const withinLimit = (around: Surroundings): Surroundings => ({
  ...around,
  env: { ...around.env, GIT_ALLOC_LIMIT: '128m' },
});

/** Without a timeout in practice, for hooks, for a person who types a passphrase, and for downloads. */
export const unhurried = (around: Surroundings): Surroundings => ({
  ...around,
  env: { ...around.env, REG_TIMEOUT: '86400' },
});

/** A value of git's configuration. */
export type Setting = readonly [key: string, value: string];

/** An environment with settings on top of git's configuration, which keep their values out of files (git-config(1), GIT_CONFIG_COUNT). */
export function withSettings(env: NodeJS.ProcessEnv, settings: readonly Setting[]): NodeJS.ProcessEnv {
  const count = Number(env.GIT_CONFIG_COUNT) || 0;
  const numbered = settings.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${count + index}`, key],
    [`GIT_CONFIG_VALUE_${count + index}`, value],
  ]);
  return { ...env, ...Object.fromEntries(numbered), GIT_CONFIG_COUNT: String(count + settings.length) };
}

/** Adds settings to the environment of git. Those that are there already win. */
export function withSettingsBelow(env: NodeJS.ProcessEnv, settings: readonly Setting[]): NodeJS.ProcessEnv {
  const own = Array.from({ length: Number(env.GIT_CONFIG_COUNT) || 0 }, (_, index): Setting => {
    const [key = '', value = ''] = [env[`GIT_CONFIG_KEY_${index}`], env[`GIT_CONFIG_VALUE_${index}`]];
    return [key, value];
  });
  return withSettings({ ...env, GIT_CONFIG_COUNT: '0' }, [...settings, ...own]);
}

// the list that `git rev-parse --local-env-vars` prints
const LOCAL =
  /^GIT_(DIR|WORK_TREE|INDEX_FILE|COMMON_DIR|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES|PREFIX|NAMESPACE|GRAFT_FILE|SHALLOW_FILE|CONFIG|IMPLICIT_WORK_TREE|REPLACE_REF_BASE|INTERNAL_SUPER_PREFIX)$/;

/** An environment without the variables that name one repository, for work in another one. Hooks have them set. */
export const withoutLocalVariables = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !LOCAL.test(name)));

/** Lines of progress: `remote: Counting objects:  50% (1/2)`, `Total 3 (delta 0), …`. */
const PROGRESS =
  /^(remote: )?(Total \d+|Delta compression using |[A-Z][a-z]+ (objects|deltas|file contents)[^:]*: )/;

function messagesIn(stderr: readonly Buffer[], env: NodeJS.ProcessEnv): string {
  const tokens = hostTokens(env);
  const redact = tokens.length === 0 ? withoutUserInfo : redactorOfTokens(tokens);
  return redact(Buffer.concat(stderr).toString())
    .split(/[\r\n]+/)
    .map((line) => line.trimEnd())
    .filter((line) => line !== '' && !PROGRESS.test(line))
    .join('\n');
}

/** Messages of git as a part of a sentence. */
export const oneLine = (stderr: string): string => stderr.replaceAll(/\s+/g, ' ').trim();

/** What git advises for a repository of another user, which it does not read (git-config(1), safe.directory). */
export const trustAdvice = (stderr: string): string | undefined =>
  /^\s*(git config --global --add safe\.directory .+)$/m.exec(stderr)?.[1];

/**
 * The standard output of a run that must succeed.
 * @throws RegError GIT_FAILED
 */
export function expectSuccess(result: GitResult, doing: string): Buffer {
  if (result.code === 0) return result.stdout;
  if (result.code === GIT_MISSING) throw gitMissing();
  throw new RegError(
    'GIT_FAILED',
    `git failed while ${doing}: ${oneLine(result.stderr) || `exit code ${result.code}`}`,
  );
}

/** The error for a machine without git. */
const gitMissing = (): RegError =>
  new RegError(
    'GIT_MISSING',
    'the git program was not found',
    'install git 2.34 or newer and see that it is on PATH',
  );

/** `mktag` has `--strict` since 2.31, and `for-each-ref` has `%(raw)` since 2.34: an older git fails at them. */
const OLDEST = [2, 34] as const;

/** Whether git could not do what it was asked; exit code 1 without a message is the answer no. */
export const hasFailed = ({ code, stderr }: GitResult): boolean =>
  code !== 0 && (code !== 1 || stderr !== '');

/**
 * Checks that the git program is there and new enough.
 * @throws RegError GIT_MISSING, GIT_TOO_OLD, GIT_FAILED where git does not run, as with a broken configuration of the user
 */
export async function requireGit(git: RunGit): Promise<void> {
  const result = await git(['version']);
  if (result.code < 0) throw gitMissing();
  if (result.code !== 0)
    throw new RegError(
      'GIT_FAILED',
      `git does not run: ${oneLine(result.stderr)}`,
      'repair the configuration that it names, in an editor',
    );
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
