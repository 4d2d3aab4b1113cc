import {
  type ArtifactEntry,
  type Artifacts,
  type ArtifactsFile,
  artifactsFileAt,
  artifactsFilesFor,
  faultOfEntry,
  MAX_ARTIFACTS_BYTES,
  mayLackPath,
  readArtifacts,
} from '../documents/artifacts.js';
import { artifactOfLink, LINK_SUFFIX, linkPathOf, nameOfLink } from '../documents/link-path.js';
import type { Oid } from '../domain/event.js';
import { nearestName } from '../domain/find.js';
import { type ArtifactName, lastPart, whyNoArtifact } from '../domain/names.js';
import { type ErrorCode, RegError } from '../errors.js';
import { committedFile } from '../git/committed.js';
import type { NextCommit, Objects, RegistryRepository } from '../git/port.js';
import { short } from '../util/oid.js';
import type { RegistryContext } from './context.js';
import { notExcluded } from './exclusion.js';
import { type DeclaredPlace, declaredName, laterNames } from './former-names.js';
import { readArtifactNames } from './read.js';

/** The file that declares an artifact, and how. */
export type Declaration = { kind: 'link'; file: string } | ArtifactsFile;

/** The part of git that a search through the files of a commit needs. */
export type TreeReader = Pick<Objects, 'entries' | 'entry' | 'blob' | 'sizes'>;

/**
 * Finds the declaration of an artifact at a commit: its link file, or `artifacts:` of the `dvc.yaml` in its folder,
 * or gto's `artifacts.yaml` at the top.
 * @throws RegError INVALID_LINK where no file declares it, and one that might cannot be read
 */
export async function findDeclaration(
  objects: TreeReader,
  commit: Oid,
  artifact: ArtifactName,
): Promise<Declaration | undefined> {
  const link = linkPathOf(artifact);
  if (link !== undefined && (await objects.entry(commit, link))?.type === 'blob')
    return { kind: 'link', file: link };
  let problem: RegError | undefined;
  for (const one of artifactsFilesFor(artifact)) {
    const found = await artifactsAt(objects, commit, one).catch(unreadable);
    if (found instanceof RegError) problem ??= found;
    else if (found?.entries.has(artifact)) return one;
  }
  if (problem) throw problem;
  return undefined;
}

/** A declaration, and the name that it gives the artifact: an older or a later one where the artifact was renamed. */
export interface Declared {
  declaration: Declaration;
  name: ArtifactName;
}

/**
 * Finds what declares an artifact at a commit, under its name or under another one that it has or had.
 * @throws RegError INVALID_LINK
 */
export async function findDeclared(
  { objects, tags }: Pick<RegistryRepository, 'objects' | 'tags'>,
  artifact: ArtifactName,
  place: DeclaredPlace,
): Promise<Declared | undefined> {
  const { commit, version, renamedFrom } = place;
  // the registration of a version says which name; of a rev nothing is known until there is no declaration
  const known = renamedFrom === undefined ? artifact : await declaredName(tags, artifact, place);
  const name = known ?? artifact;
  const declaration = await findDeclaration(objects, commit, name);
  if (declaration !== undefined) return { declaration, name };
  const former = version ? undefined : await declaredName(tags, artifact, { commit });
  const older = former && (await findDeclaration(objects, commit, former));
  if (older) return { declaration: older, name: former };
  for (const later of place.mayBeLater ? await laterNames(tags, artifact) : []) {
    const newer = await findDeclaration(objects, commit, later);
    if (newer !== undefined) return { declaration: newer, name: later };
  }
  return undefined;
}

/** Whether HEAD or a link file of the work tree declares an artifact. */
export async function isDeclared(context: RegistryContext, artifact: ArtifactName): Promise<boolean> {
  const { repository } = context;
  if ((await context.exclusion())?.(artifact)) return false;
  const head = await repository.objects.commit('HEAD');
  if (
    head !== undefined &&
    (await findDeclaration(repository.objects, head, artifact).catch(unlessUnreadable))
  )
    return true;
  return (await workLink(context, artifact)) !== undefined;
}

/** The link file of an artifact that is in the work tree, committed or not. */
async function workLink({ workTree }: RegistryContext, artifact: ArtifactName): Promise<string | undefined> {
  const link = linkPathOf(artifact);
  return link !== undefined && (await (await workTree())?.read(link)) !== undefined ? link : undefined;
}

/** For `catch`: a version need not be declared (`register --unlinked`). */
export function unlessUndeclared(error: unknown): undefined {
  if (error instanceof RegError && error.code === 'NOT_DECLARED') return undefined;
  throw error;
}

function unlessUnreadable(error: unknown): undefined {
  unreadable(error);
}

function unreadable(error: unknown): RegError {
  if (error instanceof RegError && UNREADABLE.has(error.code)) return error;
  throw error;
}

/** The codes of a declaration that is there and cannot be read. */
export const UNREADABLE: ReadonlySet<ErrorCode> = new Set([
  'INVALID_LINK',
  'SOURCE_UNSUPPORTED',
  'TOO_LARGE',
]);

async function artifactsAt(
  objects: TreeReader,
  commit: Oid,
  one: ArtifactsFile,
): Promise<Artifacts | undefined> {
  const read = (path: string) => committedFile(objects, commit, path, MAX_ARTIFACTS_BYTES);
  const bytes = await read(one.file);
  return bytes && readArtifacts(bytes, one, read);
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
  return (await artifactsAt(objects, commit, declaration))?.entries.get(artifact) ?? {};
}

/** The files that declarations are searched in: those of a commit, or of a work tree. Paths are from the top. */
export interface DeclaringFiles {
  paths: readonly string[];
  /** @throws RegError TOO_LARGE */
  read(path: string): Promise<Uint8Array | undefined>;
}

/** What a set of files declares. */
export interface Declarations {
  /** Every artifact, by name. */
  names: ArtifactName[];
  /** The files that declare something, links included. */
  files: string[];
  /** What files of other tools say of artifacts that no link declares. */
  foreign: { name: ArtifactName; entry: ArtifactEntry; declaration: ArtifactsFile }[];
  problems: DeclarationProblem[];
}

/** A file, or a part of it, that cannot be read, or that leads nowhere. */
export interface DeclarationProblem {
  /** `unreadable` hides what a file declares, `entry` leads nowhere, `template` is left as it is, `foreign` is another tool's. A `name` is not
   * that of an artifact, so that nothing is declared. */
  kind: 'unreadable' | 'entry' | 'template' | 'foreign' | 'name';
  file: string;
  line: number;
  message: string;
  /** Of a `name`: what would be the artifact's. */
  name?: string;
}

/** The files of a commit, to be searched for declarations. */
export async function filesAt(objects: TreeReader, commit: Oid): Promise<DeclaringFiles> {
  const entries = await objects.entries(commit, '');
  return {
    paths: entries.filter(({ type }) => type === 'blob').map(({ path }) => path),
    read: (path) => committedFile(objects, commit, path, MAX_ARTIFACTS_BYTES),
  };
}

/** The files that the next commit would have, to be searched for declarations. */
export const filesToCommit = ({ paths, read }: NextCommit): DeclaringFiles => ({
  paths,
  read: (path) => read(path, MAX_ARTIFACTS_BYTES),
});

/** Every artifact that a commit declares and the configuration does not exclude, by name. Files that cannot be read declare nothing. */
export async function declaredArtifacts(
  { repository: { objects }, exclusion }: RegistryContext,
  commit: Oid,
): Promise<ArtifactName[]> {
  const { names } = await declarationsIn(await filesAt(objects, commit));
  return notExcluded(names, await exclusion());
}

/** Reads everything that files declare. What cannot be read is a problem, and hides nothing else. */
export async function declarationsIn({ paths, read }: DeclaringFiles): Promise<Declarations> {
  const links = paths.filter((path) => path.endsWith(LINK_SUFFIX));
  const names = new Set(links.flatMap((path) => artifactOfLink(path) ?? []));
  const linked = new Set(names);
  const files = [...links];
  const foreign: Declarations['foreign'] = [];
  const problems: DeclarationProblem[] = [];
  const misnamed = (file: string, name: string): void =>
    void problems.push({ kind: 'name', file, line: 1, message: whyNoArtifact(name), name });
  for (const file of links) if (artifactOfLink(file) === undefined) misnamed(file, nameOfLink(file));
  for (const one of paths.flatMap((path) => artifactsFileAt(path) ?? [])) {
    const add = (kind: DeclarationProblem['kind'], message: string, line = 1): void =>
      void problems.push({ kind, file: one.file, line, message });
    try {
      const bytes = await read(one.file);
      if (bytes === undefined && one.file.includes('\ufffd'))
        add('name', 'its path is not UTF-8, so that git is not asked for it by name');
      const found = bytes && (await readArtifacts(bytes, one, read));
      if (found === undefined) continue;
      for (const [name, entry] of found.entries) {
        names.add(name);
        if (!linked.has(name)) foreign.push({ name, entry, declaration: one });
        const fault = faultOfEntry(entry, one);
        if (fault !== undefined && !mayLackPath(entry, one)) add('entry', `the artifact '${name}' ${fault}`);
      }
      if (found.entries.size > 0) files.push(one.file);
      for (const name of found.misnamed) misnamed(one.file, name);
      if (found.isForeign)
        add('foreign', 'it is not in the form of gto, so it is taken for the file of another tool');
      for (const { message } of found.problems) add('template', withoutFile(message, one.file));
    } catch (error) {
      const { message, place } = unreadable(error);
      add('unreadable', withoutFile(message, one.file), place?.line);
    }
  }
  return { names: [...names].sort(), files, foreign, problems };
}

/** A message without the name and the line of the file at its beginning. */
const withoutFile = (message: string, file: string): string =>
  message.startsWith(`${file}:`) ? message.slice(file.length + 1).replace(/^\d*:? ?/, '') : message;

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
    filesAt(repository.objects, commit).then(declarationsIn),
    readArtifactNames(repository.tags),
  ]);
  const alike = declared.problems.filter(({ name }) => name?.split(/[:/]/).at(-1) === lastPart(artifact));
  const here = `${await context.folder()}:${artifact}`;
  const misnamed = alike.find(({ name }) => name === here) ?? alike[0];
  if (misnamed !== undefined)
    return new RegError(
      'NOT_DECLARED',
      undeclared(artifact, commit),
      `rename what ${misnamed.file} declares: ${misnamed.message}`,
    );
  const names = notExcluded(declared.names, await context.exclusion());
  const others = [...names, ...registered].filter((name) => name !== artifact);
  const near = nearestName(artifact, others);
  const hint = declareIt(artifact) + more;
  return new RegError(
    'NOT_DECLARED',
    undeclared(artifact, commit),
    near === undefined ? hint : `did you mean '${near}'? If not, ${hint}`,
  );
}
