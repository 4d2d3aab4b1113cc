import { relative, resolve } from 'node:path';
import { RegError } from '../errors.js';
import { LINK_SUFFIX } from '../links/link-path.js';

/** Which files to look at. */
export interface FileChoice {
  /** Files or folders; every link of the work tree when there are none. */
  paths?: readonly string[] | undefined;
  /** The folder that relative paths start from; the top of the work tree by default. */
  from?: string | undefined;
}

/**
 * The files that were asked for, in the order of the paths.
 * @param root the top of the work tree
 * @throws RegError USAGE for a path that none of the files is at or below
 */
export function chosenFiles(
  files: readonly string[],
  { paths = [], from }: FileChoice,
  root: string,
): readonly string[] {
  if (paths.length === 0) return files;
  const chosen = paths.flatMap((path) => {
    const wanted = relative(root, resolve(from ?? root, path)).replaceAll('\\', '/');
    const found = files.filter((file) => wanted === '' || file === wanted || file.startsWith(`${wanted}/`));
    if (found.length > 0) return found;
    throw new RegError('USAGE', `there is no link file at '${path}'`, `link files end in ${LINK_SUFFIX}`);
  });
  return [...new Set(chosen)];
}
