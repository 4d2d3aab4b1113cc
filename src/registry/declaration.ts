import { linkPathOf } from '../documents/link-path.js';
import type { Oid } from '../domain/event.js';
import type { ArtifactName } from '../domain/names.js';
import { nearest } from '../domain/suggest.js';
import { RegError } from '../errors.js';
import type { RegistryContext } from './context.js';
import { declaredArtifacts, findDeclaration } from './declared.js';
import { readArtifactNames } from './read.js';

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
  throw await notDeclared(context, artifact, commit, '; or add --unlinked');
}

function declareIt(artifact: ArtifactName): string {
  if (linkPathOf(artifact) === undefined)
    return `a file in a subfolder declares '${artifact.replace(/\/([^/]*)$/, ':$1')}'`;
  return `declare it with: reg link <path> ${artifact} --source <repository> --rev <rev>`;
}

const undeclared = (artifact: ArtifactName, commit: Oid): string =>
  `commit ${commit.slice(0, 12)} declares no artifact '${artifact}'`;

/**
 * The error for a commit that says nothing about an artifact, with the one that was probably meant.
 * @param more what else the hint is to say
 */
export async function notDeclared(
  { repository, workTree }: RegistryContext,
  artifact: ArtifactName,
  commit: Oid,
  more = '',
): Promise<RegError> {
  const link = linkPathOf(artifact);
  if (link !== undefined && (await (await workTree())?.read(link)) !== undefined)
    return new RegError(
      'NOT_DECLARED',
      undeclared(artifact, commit),
      `${link} is not committed yet: git add ${link} && git commit`,
    );
  const [declared, registered] = await Promise.all([
    declaredArtifacts(repository, commit),
    readArtifactNames(repository.tags),
  ]);
  const others = [...declared, ...registered].filter((name) => name !== artifact);
  const near = nearest(artifact, others);
  const hint = declareIt(artifact) + more;
  return new RegError(
    'NOT_DECLARED',
    undeclared(artifact, commit),
    near === undefined ? hint : `did you mean '${near}'? If not, ${hint}`,
  );
}
