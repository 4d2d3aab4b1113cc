import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import type { Reach } from '../documents/git-config.js';
import { isFileUrl, parseLocation } from '../domain/location.js';
import { RegError } from '../errors.js';
import type { WebConfig } from '../net/session.js';
import { once } from '../util/async.js';
import { isFolder } from '../util/files.js';
import {
  needsGit,
  type RefsMark,
  type RegistryRepository,
  type SourceOpener,
  type Standpoint,
} from './port.js';
import { namedBare, openGitRepository } from './program/repository.js';
import { type Surroundings, withoutLocalVariables } from './program/run.js';
import { objectsOfClone } from './shallow.js';

/**
 * Opens the repository of a registry: by path, from a folder, or by URL. A `file://` URL is one too: what is read and
 * written there goes through git's own protocol, and nothing of a work tree counts. A path may be that of a bundle, which is only
 * read. Without the git program a repository is opened to be read.
 * @param cache where what comes from a URL is kept
 * @param reach `linked` where a link names the repository
 * @param offline whether a repository at a URL is not asked, and answers with what was asked before
 * @throws RegError NO_REPOSITORY, SOURCE_UNSUPPORTED, GIT_MISSING, GIT_TOO_OLD, USAGE
 */
export async function openRepository(
  repo: string,
  cwd: string,
  cache: string,
  around: Surroundings,
  reach: Reach = 'named',
  offline = false,
): Promise<RegistryRepository> {
  const location = parseLocation(repo);
  const isWithoutGit = await isEmbeddedChosen(around.env);
  if (location.kind === 'url' || isFileUrl(repo)) {
    const mode = await modeOf(isWithoutGit);
    return mode.openUrlRepository(
      repo,
      cache,
      await mode.reachingFrom({ folder: cwd, env: around.env, reach }, around),
      offline,
    );
  }
  const folder = resolve(cwd, location.path);
  if (!(await isFolder(folder))) {
    const { openBundleRepository, isBundle } = await import('./bundle.js');
    if (!(await isBundle(folder)))
      throw new RegError('NO_REPOSITORY', `there is no folder ${folder}`, 'name a repository with --repo');
    if (isWithoutGit) throw needsGit(`to read the bundle ${folder}`);
    return openBundleRepository(folder, cache, around);
  }
  // a repository that was asked for by name comes before one that the environment names
  const env = repo === '.' ? around.env : withoutLocalVariables(around.env);
  const repository = isWithoutGit
    ? await (await import('./open-without-git.js')).openLocalRepository(folder, env)
    : openGitRepository(folder, {
        ...around,
        env: repo === '.' ? env : { ...env, ...(await namedBare(folder)) },
      });
  // the remote of a clone is named by its own configuration
  const remotes = sourceOpener(cache, around, { folder, env, reach: 'named' });
  // loaded on use: a command asks its question once
  const mark = once(async () => (await import('./refs-mark.js')).refsMarkOf(folder, env));
  const refsMark = async (now: number): Promise<RefsMark | undefined> => (await mark())(now);
  return { ...repository, objects: objectsOfClone(repository, folder, remotes), refsMark };
}

/**
 * What opens the source repositories of links, without the git program where that is missing.
 * @param standpoint from where they are reached; without one, the user's own configuration alone counts
 */
export function sourceOpener(cache: string, around: Surroundings, standpoint?: Standpoint): SourceOpener {
  const opener = once(async () => {
    const mode = await modeOf(await isEmbeddedChosen(around.env));
    return mode.openSources(cache, standpoint ? await mode.reachingFrom(standpoint, around) : around);
  });
  return { openSource: async (location) => (await opener()).openSource(location) };
}

/** How web servers are reached from where a person stands: by git's settings, and by its credential helpers where git is there. */
export async function webConfig(standpoint: Standpoint): Promise<WebConfig> {
  const mode = await modeOf(await isEmbeddedChosen(standpoint.env));
  return mode.webConfigFrom(standpoint);
}

/** Loaded on use: most questions are about a clone and its tags. */
const modeOf = (isWithoutGit: boolean) =>
  isWithoutGit ? import('./open-without-git.js') : import('./open-with-git.js');

/**
 * Whether repositories are read without the git program: `REG_GIT=embedded` asks for that, `REG_GIT=git` insists on the
 * program, and otherwise a program that is nowhere on PATH decides. Nothing is started to find out.
 * @throws RegError USAGE when REG_GIT has any other value
 */
export async function isEmbeddedChosen(env: NodeJS.ProcessEnv): Promise<boolean> {
  const { REG_GIT: chosen } = env;
  if (chosen === 'embedded') return true;
  if (chosen === 'git') return false;
  if (chosen)
    throw new RegError('USAGE', `REG_GIT is '${chosen}'`, "set it to 'git' or 'embedded', or not at all");
  return !isOnPath(env);
}

/** Windows starts only programs with that ending; its lists have another separator. */
const PROGRAM = delimiter === ';' ? 'git.exe' : 'git';

function isOnPath(env: NodeJS.ProcessEnv): boolean {
  const path = env.PATH ?? env.Path;
  // without the variable the system has a list of its own (execvp(3)), and starting git shows whether it is there
  return path === undefined || path.split(delimiter).some((folder) => isProgram(join(folder, PROGRAM)));
}

/** Read in step: nothing else can begin before it is known, and to wait for each folder takes milliseconds. */
function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
