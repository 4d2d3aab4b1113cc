import { artifactOfLink, LINK_SUFFIX, linkPathOf } from '../documents/link-path.js';
import type { YamlFile } from '../documents/yaml.js';
import type { Oid } from '../domain/event.js';
import { type ArtifactName, parseArtifactName, splitArtifactName } from '../domain/names.js';
import { isRegError } from '../errors.js';
import type { ObjectReader, TreeEntry } from '../git/port.js';

/** The file that declares an artifact, and how. */
export interface Declaration {
  kind: 'link' | 'dvc' | 'annotation';
  file: string;
}

/**
 * Finds what declares an artifact at a commit (SPEC §3): its link file, or `artifacts:` of the `dvc.yaml` in its folder,
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
  return yaml === undefined ? [] : (await import('../documents/yaml.js')).keysOf(yaml, under);
}

/** A YAML file of another tool at a commit, or undefined when there is none. */
export async function readForeignYaml(
  objects: TreeReader,
  commit: Oid,
  path: string,
): Promise<YamlFile | undefined> {
  const entry = await objects.entryAt(commit, path);
  if (entry?.type !== 'blob') return undefined;
  const { FOREIGN, readYaml } = await import('../documents/yaml.js');
  return readYaml(await objects.readBlob(entry.oid), path, 'INVALID_LINK', FOREIGN);
}
