import type { Oid } from '../domain/event.js';
import { type ArtifactName, parseArtifactName, splitArtifactName } from '../domain/names.js';
import { nearest } from '../domain/suggest.js';
import { isRegError, RegError } from '../errors.js';
import type { ObjectReader, TreeEntry } from '../git/port.js';
import { artifactOfLink, LINK_SUFFIX, linkPathOf } from '../links/link-path.js';
import type { YamlFile } from '../yaml/read.js';
import type { RegistryContext } from './context.js';
import { readArtifactNames } from './read.js';

/** The file that declares an artifact, and how. */
export interface Declaration {
  kind: 'link' | 'dvc' | 'annotation';
  file: string;
}

/**
 * Finds the declaration of an artifact at a commit: its link file, or `artifacts:` of the `dvc.yaml` in its folder,
 * or gto's `artifacts.yaml` at the top.
 * @throws RegError INVALID_LINK when such a YAML file cannot be read
 */
export async function findDeclaration(
  objects: ObjectReader,
  commit: Oid,
  artifact: ArtifactName,
): Promise<Declaration | undefined> {
  const link = linkPathOf(artifact);
  if (link !== undefined && (await objects.entryAt(commit, link))?.type === 'blob')
    return { kind: 'link', file: link };
  const { dir, base } = splitArtifactName(artifact);
  const dvc = dir === '' ? 'dvc.yaml' : `${dir}/dvc.yaml`;
  if ((await keysAt(objects, commit, dvc, 'artifacts')).includes(base)) return { kind: 'dvc', file: dvc };
  const annotations = await keysAt(objects, commit, 'artifacts.yaml');
  return annotations.includes(artifact) ? { kind: 'annotation', file: 'artifacts.yaml' } : undefined;
}

/** What is asked of git where files of a commit are looked through. */
export type TreeReader = Pick<ObjectReader, 'entriesBelow' | 'entryAt' | 'readBlob'>;

/** Every artifact that a commit declares, by name. Files that cannot be read declare nothing. */
export async function declaredArtifacts(objects: TreeReader, commit: Oid): Promise<ArtifactName[]> {
  const { linked, foreign } = declarationsAmong(await objects.entriesBelow(commit, ''));
  const names = new Set<ArtifactName | undefined>(linked);
  for (const path of foreign)
    if (path === ANNOTATIONS)
      for (const key of await readableKeysAt(objects, commit, path)) names.add(parseArtifactName(key));
    else
      for (const key of await readableKeysAt(objects, commit, path, 'artifacts')) {
        const dir = path.slice(0, -'/dvc.yaml'.length);
        names.add(parseArtifactName(dir === '' ? key : `${dir}:${key}`));
      }
  return [...names].filter((name) => name !== undefined).sort();
}

/** What declares artifacts among the files of a commit: link files by their names, and what has to be read for that. */
function declarationsAmong(entries: readonly TreeEntry[]): {
  linked: ArtifactName[];
  foreign: string[];
} {
  const paths = entries.filter(({ type }) => type === 'blob').map(({ path }) => path);
  const links = paths.filter((path) => path.endsWith(LINK_SUFFIX));
  return {
    // a file in a folder, and one at the top with the name of the folder in its own, may declare the same
    linked: [...new Set(links.map(artifactOfLink))].filter((name) => name !== undefined),
    foreign: paths.filter(
      (path) => path === ANNOTATIONS || path === 'dvc.yaml' || path.endsWith('/dvc.yaml'),
    ),
  };
}

const ANNOTATIONS = 'artifacts.yaml';

async function readableKeysAt(
  objects: TreeReader,
  commit: Oid,
  path: string,
  under?: string,
): Promise<string[]> {
  try {
    return await keysAt(objects, commit, path, under);
  } catch (error) {
    if (isRegError(error)) return [];
    throw error;
  }
}

/** The keys of the top mapping of a file, or of the mapping under one of its keys. */
async function keysAt(objects: TreeReader, commit: Oid, path: string, under?: string): Promise<string[]> {
  const yaml = await readForeignYaml(objects, commit, path);
  // the package is loaded where there is such a file, which is seldom
  return yaml === undefined ? [] : (await import('../yaml/keys.js')).keysOf(yaml, under);
}

/** A YAML file of another tool at a commit, or undefined when there is none. */
export async function readForeignYaml(
  objects: TreeReader,
  commit: Oid,
  path: string,
): Promise<YamlFile | undefined> {
  const entry = await objects.entryAt(commit, path);
  if (entry?.type !== 'blob') return undefined;
  const { FOREIGN, readYaml } = await import('../yaml/read.js');
  return readYaml(await objects.readBlob(entry.oid), path, 'INVALID_LINK', FOREIGN);
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
    readArtifactNames(repository),
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
