import type { Oid } from '../domain/event.js';
import type { ArtifactName } from '../domain/names.js';
import { RegError } from '../errors.js';
import { requireLinkPath } from '../links/link-path.js';
import { readLink } from '../links/read.js';
import type { Link } from '../links/schema.js';
import type { RegistryContext } from './context.js';

/**
 * Reads the link file of an artifact as it is at a commit of the registry.
 * @throws RegError NOT_DECLARED, INVALID_LINK
 */
export async function linkAt(context: RegistryContext, artifact: ArtifactName, commit: Oid): Promise<Link> {
  const file = requireLinkPath(artifact);
  const entry = await context.repository.entryAt(commit, file);
  if (entry?.type !== 'blob')
    throw new RegError(
      'NOT_DECLARED',
      `there is no ${file} at commit ${commit.slice(0, 12)}, so nothing says where ${artifact} is`,
      `link it with: reg link <path> ${artifact} --source <repository> --rev <rev>`,
    );
  return readLink(await context.repository.readBlob(entry.oid), file).link;
}
