import { type ArtifactName, parseArtifactName, splitArtifactName } from '../domain/names.js';
import { refuseUnwritableName } from '../domain/writable.js';
import { RegError } from '../errors.js';

/** How the file name of every link ends. */
export const LINK_SUFFIX = '.model.yaml';

/** The path, from the top of the repository, of the link file that declares an artifact; undefined where no file can. */
export function linkPathOf(artifact: ArtifactName): string | undefined {
  const { dir, base } = splitArtifactName(artifact);
  if (base.includes('/')) return undefined;
  return `${dir === '' ? '' : `${dir}/`}${base}${LINK_SUFFIX}`;
}

/**
 * The path of the link file that declares an artifact, from the top of the repository.
 * @throws RegError INVALID_NAME
 */
export function requireLinkPath(artifact: ArtifactName): string {
  refuseUnwritableName(artifact);
  const path = linkPathOf(artifact);
  if (path !== undefined) return path;
  const suggestion = artifact.replace(/\/([^/]*)$/, ':$1');
  throw new RegError(
    'INVALID_NAME',
    `no link file can declare '${artifact}'`,
    `name it '${suggestion}' for a file in a subfolder`,
  );
}

/** The artifact that the link file at a path declares; undefined where its name is not that of an artifact. */
export const artifactOfLink = (path: string): ArtifactName | undefined => parseArtifactName(nameOfLink(path));

/** The name that a link file has for what it declares, whether or not an artifact may have it. */
export function nameOfLink(path: string): string {
  const slash = path.lastIndexOf('/');
  const base = path.slice(slash + 1, -LINK_SUFFIX.length);
  return slash < 0 ? base : `${path.slice(0, slash)}:${base}`;
}
