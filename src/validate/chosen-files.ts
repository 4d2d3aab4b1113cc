import { relative, resolve } from 'node:path';
import { LINK_SUFFIX, linkPathOf } from '../documents/link-path.js';
import { parseArtifactName } from '../domain/names.js';
import { RegError } from '../errors.js';

/** Which files to look at. */
export interface FileChoice {
  /** Files, folders, or artifacts where there is no such path; every link of the work tree when there are none. */
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
    const artifact = parseArtifactName(path);
    const link = artifact && linkPathOf(artifact);
    if (link !== undefined && files.includes(link)) return [link];
    throw new RegError('USAGE', `there is no link file at '${path}'`, `link files end in ${LINK_SUFFIX}`);
  });
  return [...new Set(chosen)];
}
