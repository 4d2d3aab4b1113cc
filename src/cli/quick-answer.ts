import { parseArtifactName, parseStageName } from '../domain/names.js';
import { glance } from '../glance.js';
import type { World } from './world.js';

/**
 * The answer to `which <artifact> <stage>` and `latest <artifact>`, the questions of scripts, where the files of the repository at hand
 * tell it at a glance. Otherwise undefined: with any option, too, it is the program that answers.
 */
export function quickAnswer(
  [command, name = '', stage, ...more]: readonly string[],
  { env, cwd }: Pick<World, 'env' | 'cwd'>,
): string | undefined {
  const isAsked = more.length === 0 && command === (stage === undefined ? 'latest' : 'which');
  // a variable of this program may name another repository or another way to read it, or be wrong
  if (!isAsked || Object.keys(env).some((variable) => variable.startsWith('REG_'))) return undefined;
  const artifact = parseArtifactName(name);
  const wanted = stage === undefined ? undefined : parseStageName(stage);
  if (artifact === undefined || (stage !== undefined && wanted === undefined)) return undefined;
  return glance(cwd, env, artifact, wanted);
}
