import type { Oid } from '../../domain/event.js';
import { RegError } from '../../errors.js';
import type { ObjectReader } from '../../git/port.js';
import { withoutUserInfo } from '../../util/address.js';
import { type Content, committedYaml, mappingAt, mappingsAt, textAt } from './committed.js';
import { type DeclaredOut, outPath } from './out.js';

/** Whether a path is that of a `.dvc` file, by its name; the folder `.dvc` is none. */
export const isDvcFile = (path: string): boolean => /[^/]\.dvc$/.test(path);

/** What the `.dvc` file of a path says of it, where there is one that is about this path. */
export async function outInDvcFile(
  objects: ObjectReader,
  commit: Oid,
  path: string,
): Promise<DeclaredOut | undefined> {
  const file = `${path}.dvc`;
  const content = await committedYaml(objects, commit, file);
  return content && outsOf(content, file).find((out) => out.path === path);
}

/**
 * The one output of a `.dvc` file; undefined when there is no such file.
 * @throws RegError SOURCE_UNSUPPORTED when it is no file of DVC, SOURCE_PATH when it names no output of the repository, or several
 */
export async function onlyOutOf(
  objects: ObjectReader,
  commit: Oid,
  file: string,
): Promise<DeclaredOut | undefined> {
  const content = await committedYaml(objects, commit, file);
  if (content === undefined) return undefined;
  const [only, ...more] = outsOf(content, file);
  if (only && more.length === 0) return only;
  throw new RegError(
    'SOURCE_PATH',
    only ? `${file} tracks ${more.length + 1} paths` : `${file} tracks nothing inside the repository`,
    only ? `name one of them: ${only.path}` : 'name a file that `dvc add` wrote',
  );
}

/** The outputs that lie in the repository (DVC, ".dvc files": `outs`, `wdir`, `deps`). */
function outsOf(content: Content, file: string): DeclaredOut[] {
  const wdir = textAt(content, 'wdir');
  const [origin] = mappingsAt(content, 'deps').flatMap((dep) => textAt(mappingAt(dep, 'repo'), 'url') ?? []);
  return mappingsAt(content, 'outs').flatMap((entry) => {
    const path = outPath(file, wdir, textAt(entry, 'path'));
    return path === undefined ? [] : [{ path, file, entry, origin: origin && withoutUserInfo(origin) }];
  });
}
