import { parseArtifactName, parseStageName } from '../domain/names.js';
import type { World } from './world.js';

/**
 * The answer to `which <artifact> <stage>`, `latest <artifact>` and, in a pipe, `show`, the questions of scripts, where the files of the
 * repository at hand tell it at a glance. Otherwise undefined: with any option, too, it is the program that answers.
 */
export async function quickAnswer(
  words: readonly string[],
  world: Pick<World, 'env' | 'cwd' | 'isTTY'>,
): Promise<string | undefined> {
  // a variable of this program may name another repository or another way to read it, or be wrong
  if (Object.keys(world.env).some((variable) => variable.startsWith('REG_'))) return undefined;
  try {
    if (words.length > 1) return await quickVersion(words, world);
    if (words[0] !== 'show' || world.isTTY) return undefined;
    return await (await import('./quick-overview.js')).quickOverview(world);
  } catch {
    // whatever is the matter, the program words it
    return undefined;
  }
}

async function quickVersion(
  [command, name = '', stage, ...more]: readonly string[],
  { env, cwd }: Pick<World, 'env' | 'cwd'>,
): Promise<string | undefined> {
  if (more.length > 0 || command !== (stage === undefined ? 'latest' : 'which')) return undefined;
  const artifact = parseArtifactName(name);
  const wanted = stage === undefined ? undefined : parseStageName(stage);
  if (artifact === undefined || (stage !== undefined && wanted === undefined)) return undefined;
  const { versionAtAGlance } = await import('../glance/version.js');
  const version = versionAtAGlance(cwd, env, artifact, wanted);
  return version && `${version}\n`;
}
