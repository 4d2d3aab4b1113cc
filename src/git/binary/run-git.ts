import { GitPluginError, simpleGit } from 'simple-git';
import { RegError } from '../../errors.js';
import { withoutUserInfo } from '../location.js';

/** How one run of git ended. Callers decide by `code`, never by what git says. */
export interface GitResult {
  /** Negative when git did not run to its end. */
  code: number;
  stdout: Buffer;
  /** What git said, without progress and without the user-info of any URL. */
  stderr: string;
}

/** What a run of git takes from the process around it. */
export interface Surroundings {
  env: NodeJS.ProcessEnv;
  /** Ends what is running. */
  signal?: AbortSignal | undefined;
}

/** Runs git in one folder with the given arguments and standard input. */
export type RunGit = (args: readonly string[], input?: string | Uint8Array) => Promise<GitResult>;

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

/**
 * Gives a runner of the git program for one folder. Every run throws RegError INTERRUPTED once the signal was given.
 * @param around its environment is what git gets; untouched but for locale, locks and allowed transports
 */
export function gitIn(cwd: string, { env, signal }: Surroundings): RunGit {
  const variables = {
    GIT_ALLOW_PROTOCOL: TRANSPORTS,
    ...env,
    LC_ALL: 'C',
    GIT_OPTIONAL_LOCKS: '0',
    // a replacement object would make a tag answer for another one (git-replace(1))
    GIT_NO_REPLACE_OBJECTS: '1',
  };
  return (args, input) => runOnce(cwd, { env: variables, signal }, args, input);
}

// the list of `git rev-parse --local-env-vars`
const LOCAL =
  /^GIT_(DIR|WORK_TREE|INDEX_FILE|COMMON_DIR|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES|PREFIX|NAMESPACE|GRAFT_FILE|SHALLOW_FILE|CONFIG|IMPLICIT_WORK_TREE|REPLACE_REF_BASE|INTERNAL_SUPER_PREFIX)$/;

/** An environment without what points git at one repository, for work in another one; hooks have it set. */
export const withoutLocalVariables = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !LOCAL.test(name)));

/** Seconds without a sign of git, its progress included, after which it is taken for hung. */
const PATIENCE = 60;
const patienceOf = ({ REG_TIMEOUT: text }: NodeJS.ProcessEnv): number => Number(text) || PATIENCE;

async function runOnce(
  cwd: string,
  { env, signal }: Surroundings,
  args: readonly string[],
  input: string | Uint8Array | undefined,
): Promise<GitResult> {
  if (signal?.aborted) throw interrupted();
  const stdout: Buffer[] = [];
  let ended = { exitCode: -1, stdErr: [] as Buffer[] };
  const git = simpleGit({
    baseDir: cwd,
    // every exit code is an answer; without this handler exit 1 with an empty stderr would resolve as a success
    errors: (error, result) => {
      ended = result;
      return error instanceof GitPluginError ? error : undefined;
    },
    // an empty input still has to close the pipe, and simple-git skips what is falsy
    ...(input === undefined
      ? {}
      : { input: () => (input.length === 0 ? Buffer.alloc(0) : Buffer.from(input)) }),
    // the end of its output is the end of git; the default also waits 50 ms after the process is gone
    completion: { onClose: true, onExit: false },
    timeout: { block: patienceOf(env) * 1000 },
    ...(signal ? { abort: signal } : {}),
    allowEnvironment: Object.keys(env),
    unsafe: TRUST_THE_USER,
  });
  // raw() decodes and trims; bytes are taken from the pipe
  git.outputHandler((_command, out) => {
    out.on('data', (chunk: Buffer) => stdout.push(chunk));
    // after a command that printed nothing simple-git waits 50 ms for it to print something after all
    out.on('end', () => out.emit('data', Buffer.alloc(0)));
  });
  try {
    await git.env(env).raw([...args]);
  } catch (error) {
    if (!(error instanceof GitPluginError)) throw error;
    if (error.plugin === 'abort') throw interrupted();
    return { code: -3, stdout: Buffer.alloc(0), stderr: `it gave no sign for ${patienceOf(env)} seconds` };
  }
  return { code: ended.exitCode, stdout: Buffer.concat(stdout), stderr: said(ended.stdErr) };
}

const interrupted = (): RegError =>
  new RegError('INTERRUPTED', 'interrupted', 'if a push was under way, see what came of it: reg status');

/** Lines of progress: `remote: Counting objects:  50% (1/2)`, `Total 3 (delta 0), …`. */
const PROGRESS = /^(remote: )?(Total \d+|[A-Z][a-z]+ (objects|deltas|file contents)[^:]*: )/;

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
