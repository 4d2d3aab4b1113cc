import type { ArtifactName } from '../domain/names.js';
import { parseVersionTarget } from '../domain/target.js';
import { RegError } from '../errors.js';
import type { RegistryContext } from './context.js';
import { latest } from './queries.js';

/**
 * The artifact and version that `artifact@version` and `--version` name together (SPEC §5: they mean the same).
 * @throws RegError USAGE when both name one
 */
export async function versionTarget(
  context: RegistryContext,
  target: string,
  given: string | undefined,
): Promise<{ artifact: ArtifactName; id: string | undefined }> {
  const named = parseVersionTarget(target);
  if (named.which !== undefined && given !== undefined)
    throw new RegError('USAGE', 'the version is named twice', 'give either artifact@version or --version');
  const { artifact, which } = given === undefined ? named : parseVersionTarget(`${named.artifact}@${given}`);
  if (which?.kind === 'latest') return { artifact, id: (await latest(context, artifact, {})).version };
  return { artifact, id: which?.id };
}
