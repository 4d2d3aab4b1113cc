import { dirname, join, resolve } from 'node:path';
import { type GitSettings, gitSettingsIn, isGitTrue } from '../../documents/git-config.js';
import type { WebConfig } from '../../net/session.js';
import { NO_CONFIG } from '../../net/session.js';
import { once } from '../../util/async.js';
import { readIfThere } from '../../util/files.js';

/**
 * What git knows of web servers, as far as that takes no program: settings alone, no credential helpers.
 * @param local the settings of a repository
 */
export const configuredWeb = (env: NodeJS.ProcessEnv, local: GitSettings = []): WebConfig => ({
  ...NO_CONFIG,
  settings: once(() => readSettings(env, local)),
});

/**
 * The settings of git, in its order: those of the machine, of the user, of a repository, and of the environment (git-config(1),
 * "FILES", "ENVIRONMENT"). Files that are included under a condition are not read.
 */
export async function readSettings(env: NodeJS.ProcessEnv, local: GitSettings = []): Promise<GitSettings> {
  const files = await Promise.all(filesOf(env).map((path) => settingsAt(path, env)));
  return [...files.flat(), ...local, ...ofEnvironment(env)];
}

function filesOf(env: NodeJS.ProcessEnv): string[] {
  const { HOME: home = env.USERPROFILE ?? '' } = env;
  const ofMachine = isGitTrue(env.GIT_CONFIG_NOSYSTEM) ? '' : (env.GIT_CONFIG_SYSTEM ?? '/etc/gitconfig');
  const ofUser =
    env.GIT_CONFIG_GLOBAL === undefined
      ? [join(env.XDG_CONFIG_HOME || join(home, '.config'), 'git/config'), home && join(home, '.gitconfig')]
      : [env.GIT_CONFIG_GLOBAL];
  return [ofMachine, ...ofUser].filter(Boolean);
}

/** More files that include each other are a mistake (git source, config.c). */
const MOST_INCLUDES = 10;

/** The settings in a file, with those of the files that it includes in their place; none where it cannot be read. */
async function settingsAt(path: string, env: NodeJS.ProcessEnv, depth = 0): Promise<GitSettings> {
  const bytes = await readIfThere(path).catch(() => undefined);
  if (bytes === undefined || depth > MOST_INCLUDES) return [];
  const found: (readonly [string, string])[] = [];
  for (const setting of gitSettingsIn(Buffer.from(bytes).toString())) {
    found.push(setting);
    if (setting[0] !== 'include.path') continue;
    const included = setting[1].replace(/^~(?=\/)/, env.HOME ?? '~');
    found.push(...(await settingsAt(resolve(dirname(path), included), env, depth + 1)));
  }
  return found;
}

/** The settings in variables (git-config(1), GIT_CONFIG_COUNT). */
const ofEnvironment = (env: NodeJS.ProcessEnv): GitSettings =>
  Array.from({ length: Number(env.GIT_CONFIG_COUNT) || 0 }, (_, index) => {
    const [key = '', value = ''] = [env[`GIT_CONFIG_KEY_${index}`], env[`GIT_CONFIG_VALUE_${index}`]];
    return [key.replace(/^[^.]*|[^.]*$/g, (part) => part.toLowerCase()), value];
  });
