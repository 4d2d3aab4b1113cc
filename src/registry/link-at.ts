import { pathOfEntry } from '../documents/artifacts.js';
import { type Link, readLink } from '../documents/link.js';
import type { Oid } from '../domain/event.js';
import type { ArtifactName } from '../domain/names.js';
import type { RegistryContext } from './context.js';
import { findDeclaration, foreignEntry, notDeclared } from './declared.js';

/**
 * Reads what declares an artifact at a commit of the registry as a link: its link file, else the path that gto's
 * `artifacts.yaml` or a `dvc.yaml` names in this repository, which promises nothing of the bytes.
 * @throws RegError NOT_DECLARED, INVALID_LINK
 */
export async function linkAt(context: RegistryContext, artifact: ArtifactName, commit: Oid): Promise<Link> {
  const { repository } = context;
  const found = await findDeclaration(repository, commit, artifact);
  if (found?.kind === 'link') {
    const entry = await repository.entryAt(commit, found.file);
    return readLink(entry ? await repository.readBlob(entry.oid) : new Uint8Array(), found.file).link;
  }
  const path = found && pathOfEntry(await foreignEntry(repository, commit, found, artifact), found);
  if (path !== undefined) return { source: { path } };
  throw await notDeclared(context, artifact, commit);
}
