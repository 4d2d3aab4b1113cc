import { isMap, isScalar } from 'yaml';
import type { Oid } from '../domain/event.js';
import { type ArtifactName, parseArtifactName, splitArtifactName } from '../domain/names.js';
import { RegError } from '../errors.js';
import type { ObjectReader } from '../git/port.js';
import { artifactOfLink, LINK_SUFFIX, linkPathOf } from '../links/link-path.js';
import { FOREIGN, readYaml, type YamlFile } from '../yaml/read.js';

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
  if (keysOf(await readForeignYaml(objects, commit, dvc), 'artifacts').includes(base))
    return { kind: 'dvc', file: dvc };
  const annotations = await readForeignYaml(objects, commit, 'artifacts.yaml');
  return keysOf(annotations).includes(artifact) ? { kind: 'annotation', file: 'artifacts.yaml' } : undefined;
}

/** Every artifact that a commit declares, by name. Files that cannot be read declare nothing. */
export async function declaredArtifacts(objects: ObjectReader, commit: Oid): Promise<ArtifactName[]> {
  const names = new Set<ArtifactName>();
  for (const { path, type } of await objects.entriesBelow(commit, '')) {
    if (type !== 'blob') continue;
    if (path.endsWith(LINK_SUFFIX)) add(names, artifactOfLink(path));
    else if (path === 'artifacts.yaml')
      for (const key of await keysAt(objects, commit, path)) add(names, parseArtifactName(key));
    else if (path === 'dvc.yaml' || path.endsWith('/dvc.yaml'))
      for (const key of await keysAt(objects, commit, path, 'artifacts')) {
        const dir = path.slice(0, -'/dvc.yaml'.length);
        add(names, parseArtifactName(dir === '' ? key : `${dir}:${key}`));
      }
  }
  return [...names].sort();
}

const add = (names: Set<ArtifactName>, name: ArtifactName | undefined): void =>
  void (name && names.add(name));

async function keysAt(objects: ObjectReader, commit: Oid, path: string, under?: string): Promise<string[]> {
  try {
    return keysOf(await readForeignYaml(objects, commit, path), under);
  } catch (error) {
    if (error instanceof RegError) return [];
    throw error;
  }
}

/** A YAML file of another tool at a commit, or undefined when there is none. */
export async function readForeignYaml(
  objects: ObjectReader,
  commit: Oid,
  path: string,
): Promise<YamlFile | undefined> {
  const entry = await objects.entryAt(commit, path);
  if (entry?.type !== 'blob') return undefined;
  return readYaml(await objects.readBlob(entry.oid), path, 'INVALID_LINK', FOREIGN);
}

/** The keys of the top mapping of a file, or of the mapping under one of its keys. */
function keysOf(yaml: YamlFile | undefined, under?: string): string[] {
  const top = yaml?.document.contents;
  const map = under !== undefined && isMap(top) ? top.get(under) : top;
  return isMap(map) ? map.items.map(({ key }) => String(isScalar(key) ? key.value : key)) : [];
}
