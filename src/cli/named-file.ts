import { basename, dirname, resolve } from 'node:path';
import type { RegistryContext } from '../registry/context.js';
import { refuseLinksBelow, writeBelow } from '../util/safe-files.js';

/**
 * Writes a file that a person named; through no symbolic link below the working folder and the work tree, which a change under review fills.
 * @param path absolute, or from the working folder
 * @throws RegError FILE_SYSTEM; errors of the file system
 */
export async function writeNamedFile(
  cwd: string,
  path: string,
  text: string,
  context?: Pick<RegistryContext, 'workTree'>,
): Promise<void> {
  const place = resolve(cwd, path);
  const root = (await context?.workTree())?.root;
  for (const one of [root, cwd]) if (one !== undefined) await refuseLinksBelow(one, place);
  await writeBelow(dirname(place), basename(place), text);
}
