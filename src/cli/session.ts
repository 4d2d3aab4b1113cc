import { isFileUrl, parseLocation } from '../domain/location.js';
import { RegError } from '../errors.js';
import type { Host } from '../host.js';
import { openContext } from '../open.js';
import type { RegistryContext } from '../registry/context.js';
import { withoutLogin } from '../util/address.js';
import { once } from '../util/async.js';
import { shellLine } from '../util/shell.js';
import type { Fetching } from './fetching.js';
import { type GlobalOptions, type Output, outputTo } from './output.js';
import type { World } from './world.js';

/** One run of one command: how it speaks, and the registry that it asks. */
export interface Session {
  out: Output;
  cwd: string;
  /** What `--repo` or REG_REPO says, `.` by default. */
  repo: string;
  /** What `--remote` says. */
  remote: string | undefined;
  /** Makes the commands in a hint ask the same registry. */
  inPlace(text: string): string;
  /**
   * Opens the registry that `--repo`, REG_REPO or the working folder names, or another one.
   * @param host what it sees otherwise
   */
  open(other?: string, host?: Partial<Host>): Promise<RegistryContext>;
  /** The help on a command or a concept, or without either on the program. */
  helpOn(topic: string | undefined): string;
}

/** Makes the session of one command. */
export function startSession(
  world: World,
  options: GlobalOptions,
  helpOn: (topic: string | undefined, world: World) => string,
  fetching?: Fetching,
): Session {
  const { cwd, now, signal } = world;
  const env = options.remote === undefined ? world.env : { ...world.env, REG_REMOTE: options.remote };
  const repo = repoOf(options.repo, env);
  const out = outputTo(world, options);
  const inPlace = inPlaceOf(options.repo, options.remote);
  return {
    out,
    cwd,
    repo,
    remote: options.remote,
    inPlace,
    open: async (other, host) => {
      const note = (text: string): void => out.note(inPlace(text));
      const opened = await openContext(other ?? repo, {
        env,
        cwd,
        now,
        signal,
        note,
        offline: options.offline,
        ...host,
      });
      const context = (await fetching?.before(opened)) ?? opened;
      // a question that asks no remote would not notice a name that is wrong
      if (options.remote !== undefined) await context.remote();
      const config = once(async () => {
        const read = await context.config();
        for (const { file, line, message, hint } of read.notes) {
          out.note(`warning: ${file}:${line}: ${message}`);
          if (hint !== undefined) out.hint(hint);
        }
        return read;
      });
      return { ...context, config };
    },
    helpOn: (topic) => helpOn(topic, world),
  };
}

/** The repository that `--repo`, else REG_REPO, else the working folder names. */
export const repoOf = (option: string | undefined, env: NodeJS.ProcessEnv): string =>
  option ?? (env.REG_REPO || '.');

/** Commands about the files of a clone, or that compare one with its remote: refused at a URL. */
const OF_A_CLONE: ReadonlySet<string> = new Set(
  'init link import validate upload update outdated status sync'.split(' '),
);

/** A command of this program inside a sentence: it ends where the sentence goes on. */
const COMMAND = /(?<![\w-])reg ([a-z][a-z-]*)\b[^;,()\n]*?(?=\s*(?:[;,()\n]|$))/g;

/**
 * Gives what makes the commands in a hint ask the registry that this run asked: from elsewhere they have to name it again.
 * Commands that would be refused there are marked as those of a clone.
 * @param repo what `--repo` says; undefined without it, for then the environment and the folder still say the same
 * @param remote what `--remote` says
 */
export function inPlaceOf(repo: string | undefined, remote?: string): (text: string) => string {
  const isFar = repo !== undefined && isUrl(repo);
  const options = [
    ...(repo === undefined ? [] : ['--repo', withoutLogin(repo)]),
    ...(remote === undefined ? [] : ['--remote', remote]),
  ];
  if (options.length === 0) return (text) => text;
  const again = shellLine(...options);
  return (text) =>
    text.replaceAll(COMMAND, (command, name: string) =>
      isFar && OF_A_CLONE.has(name) ? `${command} (in a clone)` : `${command} ${again}`,
    );
}

/** Whether `--repo` names a repository at a URL. */
export function isUrl(repo: string): boolean {
  try {
    return isFileUrl(repo) || parseLocation(repo).kind === 'url';
  } catch {
    return false;
  }
}

/** The same error, with its hint for where the user stands. */
export function errorInPlace(error: unknown, inPlace: (text: string) => string): unknown {
  if (!(error instanceof RegError) || error.hint === undefined) return error;
  const { code, message, hint, place } = error;
  return new RegError(code, message, inPlace(hint), place);
}
