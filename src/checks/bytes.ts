import { isDvcFile } from '../documents/dvc.js';
import { isOwn, modelPath } from '../documents/link.js';
import { LINK_SUFFIX } from '../documents/link-path.js';
import { type ArtifactState, versionsByStage } from '../domain/artifact.js';
import type { Oid } from '../domain/event.js';
import { versionLabel } from '../domain/find.js';
import type { ArtifactName } from '../domain/names.js';
import type { ErrorCode } from '../errors.js';
import { failureOf } from '../errors.js';
import { askDvcRemote } from '../models/dvc-digest.js';
import type { SourceFile } from '../models/source.js';
import type { RegistryContext } from '../registry/context.js';
import { type DeclaredPlace, placeOf } from '../registry/former-names.js';
import { followLink, linkAt } from '../registry/links.js';
import { mapAtMost } from '../util/async.js';
import { short } from '../util/oid.js';

/** A version that is current in a stage, and whose bytes are not where its declaration says, or cannot be asked for. */
export interface BytesFault {
  /** The tag of the assignment. */
  tag: string;
  artifact: ArtifactName;
  /** An error where they are known to be missing, a warning where that is not known. */
  level: 'error' | 'warning';
  message: string;
}

/**
 * Asks for the bytes of every version that is current in a stage, without reading them. A version that declares nothing is not
 * asked for.
 */
export async function missingBytes(
  context: RegistryContext,
  artifacts: Iterable<ArtifactState>,
): Promise<BytesFault[]> {
  const faults: BytesFault[] = [];
  for (const artifact of artifacts) {
    const asked = new Map<Oid, Answer | undefined>();
    for (const [stage, [current]] of versionsByStage(artifact)) {
      if (current === undefined) continue;
      const { id, commit } = current.version;
      if (!asked.has(commit))
        asked.set(commit, await askFor(context, artifact.name, placeOf(current.version)));
      const answer = asked.get(commit);
      if (answer === undefined) continue;
      const what = `the bytes of ${versionLabel(id)} in ${stage} (commit ${short(commit)})`;
      const how = answer.level === 'error' ? 'are not there' : 'could not be asked for';
      const message = `${what} ${how}: ${answer.reason}`;
      faults.push({ tag: current.assignment.tag, artifact: artifact.name, level: answer.level, message });
    }
  }
  return faults;
}

interface Answer {
  level: BytesFault['level'];
  reason: string;
}

/** Asks where the declaration at a commit leads; undefined where the bytes are there, or nothing is declared. */
async function askFor(
  context: RegistryContext,
  name: ArtifactName,
  place: DeclaredPlace,
): Promise<Answer | undefined> {
  const { commit } = place;
  try {
    const link = await linkAt(context, name, place);
    const path = isOwn(link.source) ? modelPath(link.source.path ?? '') : undefined;
    const byDvc = path !== undefined && !path.endsWith(LINK_SUFFIX) && (await askDvc(context, commit, path));
    if (byDvc) return byDvc === 'there' ? undefined : byDvc;
    const { model, promises } = await followLink(context, link, async () => commit);
    const [only, ...others] = model.files;
    const promised = promises.find(({ size }) => size !== undefined && size !== only?.size);
    const absent = await firstAbsent(model.files);
    if (absent !== undefined) return { level: 'error', reason: `${absent} is missing in the store` };
    if (only?.size === undefined || others.length > 0 || promised === undefined) return undefined;
    return { level: 'error', reason: `there are ${only.size} bytes, and the link says ${promised.size}` };
  } catch (error) {
    const { code, message: reason } = failureOf(error);
    if (code === 'NOT_DECLARED') return undefined;
    return { level: UNKNOWN.has(code) ? 'warning' : 'error', reason };
  }
}

/** Files that a store is asked for at a time. */
const MAX_FILES = 8;

/** The first file that a list names and its store lacks. */
async function firstAbsent(files: readonly SourceFile[]): Promise<string | undefined> {
  const there = await mapAtMost(MAX_FILES, files, async ({ isThere }) => (await isThere?.()) ?? true);
  return files[there.indexOf(false)]?.path;
}

/** Failures that say nothing of the bytes. */
const UNKNOWN: ReadonlySet<ErrorCode> = new Set([
  'REMOTE_FAILED',
  'STORE_FAILED',
  'PACKAGE_MISSING',
  'SOURCE_UNSUPPORTED',
  'GIT_MISSING',
]);

/** The answer of the DVC remote for a model of this repository that git does not have; undefined for any other path. */
async function askDvc(
  { repository: { objects }, stores, around, workTree }: RegistryContext,
  commit: Oid,
  path: string,
): Promise<Answer | 'there' | undefined> {
  if (!isDvcFile(path) && (await objects.entry(commit, path))) return undefined;
  const answer = await askDvcRemote(objects, commit, path, { stores, around, at: (await workTree())?.root });
  switch (answer.kind) {
    case 'there':
      return 'there';
    case 'missing':
      return { level: 'error', reason: answer.reason };
    case 'untracked':
      return undefined;
    default:
      return { level: 'warning', reason: answer.reason };
  }
}
