import { join, relative } from 'node:path';
import type { RegistryContext } from '../registry/context.js';
import { shellLine } from '../util/shell.js';

/** The command line that commits a file that was written, to be pasted where the user stands. */
export async function commitHint(
  context: RegistryContext,
  cwd: string,
  path: string,
  message: string,
): Promise<string> {
  const root = (await context.workTree())?.root ?? cwd;
  const isInside = !relative(root, cwd).startsWith('..');
  const git = ['git', ...(isInside ? [] : ['-C', root])];
  const add = shellLine(...git, 'add', isInside ? relative(cwd, join(root, path)) : path);
  return `${add} && ${shellLine(...git, 'commit', '-m', message)}`;
}
