import {
  type ArtifactEntry,
  type ArtifactsFile,
  artifactEntry,
  artifactsFilesFor,
  artifactsIn,
  isArtifactsFile,
} from '../documents/artifacts.js';
import { artifactOfLink, LINK_SUFFIX, linkPathOf } from '../documents/link-path.js';
import type { Oid } from '../domain/event.js';
import { nearestName } from '../domain/find.js';
import type { ArtifactName } from '../domain/names.js';
import { RegError } from '../errors.js';
import type { ObjectReader } from '../git/port.js';
import { short } from '../util/oid.js';
import type { RegistryContext } from './context.js';
import { readArtifactNames } from './read.js';

/** The file that declares an artifact, and how. */
export type Declaration = { kind: 'link'; file: string } | ArtifactsFile;

/** The part of git that a search through the files of a commit needs. */
export type TreeReader = Pick<ObjectReader, 'entriesBelow' | 'entryAt' | 'readBlob'>;

/**
 * Finds the declaration of an artifact at a commit: its link file, or `artifacts:` of the `dvc.yaml` in its folder,
 * or gto's `artifacts.yaml` at the top.
 * @throws RegError INVALID_LINK when such a YAML file cannot be read
 */
export async function findDeclaration(
  objects: TreeReader,
  commit: Oid,
  artifact: ArtifactName,
): Promise<Declaration | undefined> {
  const link = linkPathOf(artifact);
  if (link !== undefined && (await objects.entryAt(commit, link))?.type === 'blob')
    return { kind: 'link', file: link };
  for (const one of artifactsFilesFor(artifact))
    if ((await artifactsAt(objects, commit, one.file)).includes(artifact)) return one;
  return undefined;
}

/** Whether HEAD or a link file of the work tree declares an artifact. */
export async function isDeclared(context: RegistryContext, artifact: ArtifactName): Promise<boolean> {
  const { repository } = context;
  const head = await repository.resolveCommit('HEAD');
  if (head !== undefined && (await findDeclaration(repository, head, artifact).catch(unlessUnreadable)))
    return true;
  return (await workLink(context, artifact)) !== undefined;
}

/** The link file of an artifact that is in the work tree, committed or not. */
async function workLink({ workTree }: RegistryContext, artifact: ArtifactName): Promise<string | undefined> {
  const link = linkPathOf(artifact);
  return link !== undefined && (await (await workTree())?.read(link)) !== undefined ? link : undefined;
}

/** Every artifact that a commit declares, by name. Files that cannot be read declare nothing. */
export async function declaredArtifacts(objects: TreeReader, commit: Oid): Promise<ArtifactName[]> {
  const entries = await objects.entriesBelow(commit, '');
  const paths = entries.filter(({ type }) => type === 'blob').map(({ path }) => path);
  const links = paths.filter((path) => path.endsWith(LINK_SUFFIX));
  const names = new Set(links.flatMap((path) => artifactOfLink(path) ?? []));
  for (const path of paths.filter(isArtifactsFile))
    for (const name of (await artifactsAt(objects, commit, path).catch(unlessUnreadable)) ?? [])
      names.add(name);
  return [...names].sort();
}

function unlessUnreadable(error: unknown): undefined {
  if (error instanceof RegError) return undefined;
  throw error;
}

async function artifactsAt(objects: TreeReader, commit: Oid, file: string): Promise<ArtifactName[]> {
  const bytes = await bytesAt(objects, commit, file);
  return bytes === undefined ? [] : artifactsIn(bytes, file);
}

/**
 * What the file of another tool says of an artifact at a commit.
 * @throws RegError INVALID_LINK
 */
export async function foreignEntry(
  objects: TreeReader,
  commit: Oid,
  declaration: ArtifactsFile,
  artifact: ArtifactName,
): Promise<ArtifactEntry> {
  const bytes = await bytesAt(objects, commit, declaration.file);
  return bytes === undefined ? {} : artifactEntry(bytes, declaration, artifact);
}

async function bytesAt(objects: TreeReader, commit: Oid, path: string): Promise<Uint8Array | undefined> {
  const entry = await objects.entryAt(commit, path);
  return entry?.type === 'blob' ? objects.readBlob(entry.oid) : undefined;
}

/**
 * Refuses to register an artifact that the commit does not declare, unless links are optional in the configuration.
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
  `commit ${short(commit)} declares no artifact '${artifact}'`;

/**
 * The error for a commit that says nothing about an artifact, with the one that was probably meant.
 * @param more what else the hint is to say
 */
export async function notDeclared(
  context: RegistryContext,
  artifact: ArtifactName,
  commit: Oid,
  more = '',
): Promise<RegError> {
  const { repository } = context;
  const link = await workLink(context, artifact);
  if (link !== undefined)
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
  const near = nearestName(artifact, others);
  const hint = declareIt(artifact) + more;
  return new RegError(
    'NOT_DECLARED',
    undeclared(artifact, commit),
    near === undefined ? hint : `did you mean '${near}'? If not, ${hint}`,
  );
}
