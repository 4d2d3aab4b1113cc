import { type Link, readLink } from '../documents/link.js';
import { artifactOfLink, LINK_SUFFIX, requireLinkPath } from '../documents/link-path.js';
import { type ArtifactName, artifactName } from '../domain/names.js';
import { didYouMean } from '../domain/suggest.js';
import { RegError } from '../errors.js';
import { type RegistryContext, requireWorkTree } from './context.js';

/** A link file of the work tree, as it is now, committed or not. */
export interface WorkLink {
  artifact: ArtifactName;
  /** From the top of the repository. */
  file: string;
  bytes: Uint8Array;
  link: Link;
}

/**
 * Reads the link files of some artifacts, or of all that have one in the work tree, by path.
 * @throws RegError NO_WORK_TREE, NOT_DECLARED, INVALID_LINK
 */
export async function readWorkLinks(context: RegistryContext, names: readonly string[]): Promise<WorkLink[]> {
  const workTree = await requireWorkTree(context, 'link files are read from the work tree');
  const known = (await workTree.find(LINK_SUFFIX)).flatMap((file) => {
    const artifact = artifactOfLink(file);
    return artifact === undefined ? [] : [{ artifact, file }];
  });
  const chosen = names.length === 0 ? known : names.map((name) => find(artifactName(name), known));
  return Promise.all(
    chosen.map(async ({ artifact, file }) => {
      const bytes = (await workTree.read(file)) ?? new Uint8Array();
      return { artifact, file, bytes, link: readLink(bytes, file).link };
    }),
  );
}

function find(artifact: ArtifactName, known: readonly Pick<WorkLink, 'artifact' | 'file'>[]) {
  const found = known.find((one) => one.artifact === artifact);
  if (found) return found;
  throw new RegError(
    'NOT_DECLARED',
    `there is no ${requireLinkPath(artifact)} in the work tree`,
    didYouMean(
      artifact,
      known.map((one) => one.artifact),
      `link it with: reg link <path> ${artifact}`,
    ),
  );
}
