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
import type { ArtifactName } from '../domain/names.js';
import { nearest } from '../domain/suggest.js';
import { RegError } from '../errors.js';
import type { Objects } from '../git/port.js';
import { short } from '../util/oid.js';
import type { RegistryContext } from './context.js';
import { readArtifactNames } from './read.js';

/** The file that declares an artifact, and how. */
export type Declaration = { kind: 'link'; file: string } | ArtifactsFile;

/** The part of git that a search through the files of a commit needs. */
export type TreeReader = Pick<Objects, 'entries' | 'entry' | 'blob'>;

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
  if (link !== undefined && (await objects.entry(commit, link))?.type === 'blob')
    return { kind: 'link', file: link };
  for (const one of artifactsFilesFor(artifact))
    if ((await artifactsAt(objects, commit, one.file)).includes(artifact)) return one;
  return undefined;
}

/** Every artifact that a commit declares, by name. Files that cannot be read declare nothing. */
export async function declaredArtifacts(objects: TreeReader, commit: Oid): Promise<ArtifactName[]> {
  const entries = await objects.entries(commit, '');
  const paths = entries.filter(({ type }) => type === 'blob').map(({ path }) => path);
  const links = paths.filter((path) => path.endsWith(LINK_SUFFIX));
  const names = new Set(links.flatMap((path) => artifactOfLink(path) ?? []));
  for (const path of paths.filter(isArtifactsFile))
    for (const name of await artifactsAt(objects, commit, path).catch(unlessUnreadable)) names.add(name);
  return [...names].sort();
}

function unlessUnreadable(error: unknown): ArtifactName[] {
  if (error instanceof RegError) return [];
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
  const entry = await objects.entry(commit, path);
  return entry?.type === 'blob' ? objects.blob(entry.oid) : undefined;
}

function declareIt(artifact: ArtifactName): string {
  if (linkPathOf(artifact) === undefined)
    return `a file in a subfolder declares '${artifact.replace(/\/([^/]*)$/, ':$1')}'`;
  return `declare it with: reg link <path> ${artifact}`;
}

const undeclared = (artifact: ArtifactName, commit: Oid): string =>
  `commit ${short(commit)} declares no artifact '${artifact}'`;

/**
 * For `catch`: says of a version whose commit declares nothing, as `--unlinked` allows, how its artifact gets a declaration.
 * @param version null where no version was asked for
 * @throws RegError NOT_DECLARED
 */
export const explainUnlinked =
  (artifact: ArtifactName, version: string | null) =>
  (error: unknown): never => {
    if (!(error instanceof RegError) || error.code !== 'NOT_DECLARED' || version === null) throw error;
    throw new RegError(
      'NOT_DECLARED',
      `${artifact} ${version} was registered without a declaration, so nothing tells where its bytes are`,
      `declare it and register the next version: reg link <path> ${artifact}, git commit, reg register ${artifact}`,
    );
  };

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
    declaredArtifacts(repository.objects, commit),
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
