import type { ArtifactName } from '../../domain/names.js';
import { isVersion, type VersionId } from '../../domain/state.js';
import { RegError } from '../../errors.js';
import type { FileDigest } from '../../models/digest.js';
import { type Core, problemOf } from '../core.js';
import type { State } from '../state.js';
import {
  activeVersions,
  eventsOfArtifact,
  heldStages,
  type Revision,
  type ServedVersion,
} from '../versions.js';

// Models as paths, for protocols that know folders and files alone: REGISTRY/ARTIFACT/REVISION/FILE. The name of the registry is there where
// several are served, and `:` of an artifact is a `/`. A path is read from the left: the longest artifact counts, then the longest revision.

/** The path of an artifact. */
export const pathOfArtifact = (registry: string, artifact: ArtifactName): string =>
  [registry, ...artifact.split(/[:/]/)].filter((part) => part !== '').join('/');

/** The artifacts of a registry by their paths; an error in the place of two that have one path. */
export type ArtifactsByPath = ReadonlyMap<string, ArtifactName | RegError>;

/** What each path means in a registry. @throws RegError as `core.state` */
export async function artifactsByPath(core: Core, registry: string): Promise<ArtifactsByPath> {
  const state = await core.state(registry);
  return state.remembered('all', `paths ${registry}`, async () => {
    const found = new Map<string, ArtifactName | RegError>();
    for (const artifact of state.artifacts) {
      const path = pathOfArtifact(registry, artifact);
      const other = found.get(path);
      if (other === undefined) found.set(path, artifact);
      else if (!(other instanceof RegError)) found.set(path, samePath(path, other, artifact));
    }
    return found;
  });
}

const samePath = (path: string, one: string, other: string): RegError =>
  new RegError(
    'AMBIGUOUS',
    `'${one}' and '${other}' have one path: ${path}`,
    `rename one of them: reg rename ${other} NEW-NAME, or leave out s3, files and dvc: reg serve --face …`,
  );

/**
 * Looks at the paths of what is served; a registry that cannot be read yet is looked at when it is asked about.
 * @throws RegError AMBIGUOUS for two artifacts of one path
 */
export async function checkPaths(core: Core): Promise<void> {
  for (const registry of core.registries.keys()) {
    const paths = await artifactsByPath(core, registry).catch((error: unknown) => {
      if (!(error instanceof RegError)) throw error;
    });
    for (const found of paths?.values() ?? []) if (found instanceof RegError) throw found;
  }
}

/** A revision of an artifact, as a part of paths. */
export interface PathRevision {
  revision: Revision;
  /** When a stage came to hold its version, in seconds since the epoch; undefined for what is not a stage. */
  assigned: number | undefined;
}

/** The revisions of an artifact that have paths: the stages that hold a version, the active versions, and `latest`. */
export async function revisionsOf(
  state: State,
  artifact: ArtifactName,
): Promise<ReadonlyMap<string, PathRevision>> {
  return state.remembered(artifact, 'path revisions', async () => {
    const [events, held, active] = await Promise.all([
      eventsOfArtifact(state, artifact),
      heldStages(state, artifact),
      activeVersions(state, artifact),
    ]);
    const found = new Map<string, PathRevision>();
    for (const [stage, id] of held) {
      const assigned = [...(events.versions.get(id as VersionId)?.stages ?? [])].find(
        ([name]) => name === stage,
      );
      found.set(stage, { revision: { kind: 'stage', stage }, assigned: assigned?.[1].time ?? 0 });
    }
    const versions = active.filter((one) => isVersion(one as VersionId));
    for (const version of versions)
      found.set(version, { revision: { kind: 'version', version }, assigned: undefined });
    found.delete('latest');
    if (versions.length > 0) found.set('latest', { revision: { kind: 'latest' }, assigned: undefined });
    return found;
  });
}

/** The longest beginning of some words, of so many at most, that is a path of a map; undefined where none is. */
export function longestIn(
  paths: ReadonlyMap<string, unknown>,
  words: readonly string[],
): { path: string; rest: string[] } | undefined {
  for (let count = words.length; count > 0; count -= 1) {
    const path = words.slice(0, count).join('/');
    if (paths.has(path)) return { path, rest: words.slice(count) };
  }
  return undefined;
}

/** What a path means. */
export interface ReadPath extends PathRevision {
  registry: string;
  artifact: ArtifactName;
  /** The path of the artifact and the revision. */
  folder: string;
  /** The rest: the path of a file of the model, or empty. */
  file: string;
}

/**
 * Reads a path.
 * @returns undefined where it names no artifact, or no revision of it
 * @throws RegError AMBIGUOUS for a path of two artifacts, and what reading the registry throws
 */
export async function readPath(core: Core, path: string): Promise<ReadPath | undefined> {
  const words = path.split('/');
  for (const registry of core.registries.keys()) {
    if (registry !== '' && words[0] !== registry) continue;
    const byPath = await artifactsByPath(core, registry);
    const found = longestIn(byPath, words);
    const artifact = found && byPath.get(found.path);
    if (found === undefined || artifact === undefined) continue;
    if (artifact instanceof RegError) throw artifact;
    const revisions = await revisionsOf(await core.state(registry), artifact);
    const read = longestIn(revisions, found.rest);
    const revision = read && revisions.get(read.path);
    if (read === undefined || revision === undefined) return undefined;
    const folder = `${found.path}/${read.path}`;
    return { ...revision, registry, artifact, folder, file: read.rest.join('/') };
  }
  return undefined;
}

/** The version at a path; undefined where it is not served, such as one whose link is not pinned. */
export async function versionAt(
  core: Core,
  { registry, artifact, revision }: Pick<ReadPath, 'registry' | 'artifact' | 'revision'>,
): Promise<ServedVersion | undefined> {
  try {
    return await core.find(registry, artifact, revision);
  } catch (error) {
    if (problemOf(error).kind === 'revision') return undefined;
    throw error;
  }
}

/** A file of a version. */
export interface FoundFile {
  version: ServedVersion;
  file: FileDigest;
}

/** The file at a path; undefined without one. @throws RegError as `core.find` and `core.files` */
export async function fileAt(core: Core, read: ReadPath | undefined): Promise<FoundFile | undefined> {
  if (read === undefined || read.file === '') return undefined;
  const version = await core.find(read.registry, read.artifact, read.revision);
  const { files } = await core.files(version);
  const file = files.find(({ path }) => path === read.file);
  return file && { version, file };
}

/** When a version came to its path, in seconds since the epoch: with its assignment to a stage, or its registration. */
export async function timeAt(
  { assigned }: PathRevision,
  { state, artifact, version }: ServedVersion,
): Promise<number> {
  if (assigned !== undefined) return assigned;
  const { versions } = await eventsOfArtifact(state, artifact);
  return versions.get(version as VersionId)?.event.time ?? 0;
}

/** Whether a path means the same for good. */
export const isFixedPath = ({ revision }: PathRevision): boolean => revision.kind === 'version';
