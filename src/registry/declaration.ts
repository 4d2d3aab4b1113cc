import type { Oid } from '../domain/event.js';
import type { ArtifactName } from '../domain/names.js';
import { RegError } from '../errors.js';
import { linkPathOf } from '../links/link-path.js';
import type { RegistryContext } from './context.js';
import { findDeclaration } from './declared.js';

/**
 * Refuses to register what the commit does not declare, unless the configuration says that it need not (SPEC §3).
 * @throws RegError NOT_DECLARED
 */
export async function refuseUndeclared(
  context: RegistryContext,
  artifact: ArtifactName,
  commit: Oid,
): Promise<void> {
  if ((await context.config()).links === 'optional') return;
  if (await findDeclaration(context.repository, commit, artifact)) return;
  const link = linkPathOf(artifact);
  const isWaiting = link !== undefined && (await (await context.workTree())?.read(link)) !== undefined;
  const hint = isWaiting
    ? `${link} is not committed yet: git add ${link} && git commit`
    : `${declareIt(artifact)}; or add --unlinked`;
  throw notDeclared(artifact, commit, hint);
}

function declareIt(artifact: ArtifactName): string {
  if (linkPathOf(artifact) === undefined)
    return `a file in a subfolder declares '${artifact.replace(/\/([^/]*)$/, ':$1')}'`;
  return `declare it with: reg link <path> ${artifact} --source <repository> --rev <rev>`;
}

/** The error for a commit that says nothing about an artifact. */
export const notDeclared = (artifact: ArtifactName, commit: Oid, hint = declareIt(artifact)): RegError =>
  new RegError('NOT_DECLARED', `commit ${commit.slice(0, 12)} declares no artifact '${artifact}'`, hint);
