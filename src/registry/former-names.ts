import {
  type ArtifactState,
  artifactStateOf,
  isRenamed,
  type ResolvedEvent,
  type VersionState,
} from '../domain/artifact.js';
import type { Oid } from '../domain/event.js';
import type { ArtifactName } from '../domain/names.js';
import { isVersion, type VersionId } from '../domain/state.js';
import type { Tags } from '../git/port.js';
import { eventsIn, readAllTags } from './read.js';

// An artifact that was renamed has versions whose commits declare it under an older name (docs/specification.md, 1 Tags, Messages).

/** A version that was registered under another name before, at the same commit. */
export interface Renamed {
  version: VersionId;
  commit: Oid;
  renamedFrom: ArtifactName;
}

/** Where a commit declares an artifact: what is known of the version there, and of the name that it had. */
export interface DeclaredPlace {
  commit: Oid;
  /** The version that led to the commit; null or undefined where a rev did, so that its names are not known. */
  version?: string | null | undefined;
  /** The name that the registration of that version says it had before. */
  renamedFrom?: ArtifactName | undefined;
  /** Whether it may be declared under a name that it got since; a question may ask so, and no write. */
  mayBeLater?: boolean;
}

/** The place of the declaration of a version. */
export const placeOf = ({ id, commit, event }: VersionState): DeclaredPlace => ({
  commit,
  version: id,
  renamedFrom: event.renamedFrom,
});

/** The place of the declaration of what a registration names. */
export const placeOfRegistration = ({ commit, of, renamedFrom }: ResolvedEvent): DeclaredPlace => ({
  commit,
  version: of,
  renamedFrom,
});

/** What an artifact was called before by what took it over, at one commit. */
export function formerName(
  { events }: ArtifactState,
  version: VersionId,
  commit: Oid,
): ArtifactName | undefined {
  const own = events.filter((event) => event.of === version && event.commit === commit);
  return isVersion(version)
    ? own.findLast(({ kind }) => kind === 'registration')?.renamedFrom
    : own[0]?.renamedFrom;
}

/** More names than these are taken for a mistake. */
const MOST_NAMES = 50;

/** Every name that a version had before, the last one first. The oldest is the one under which its commit declares it. */
export async function formerNames(
  tags: Tags,
  { version, commit, renamedFrom }: Renamed,
): Promise<ArtifactName[]> {
  const names: ArtifactName[] = [];
  let next: ArtifactName | undefined = renamedFrom;
  while (next !== undefined && !names.includes(next) && names.length < MOST_NAMES) {
    names.push(next);
    next = formerName(await readNamed(tags, next), version, commit);
  }
  return names;
}

/** The name under which a commit declares an artifact that was renamed; undefined where nothing says that it was. */
export async function declaredName(
  tags: Tags,
  artifact: ArtifactName,
  { commit, version, renamedFrom }: DeclaredPlace,
): Promise<ArtifactName | undefined> {
  if (version && renamedFrom !== undefined)
    return (await formerNames(tags, { version: version as VersionId, commit, renamedFrom })).at(-1);
  if (version) return undefined;
  const { events } = await readNamed(tags, artifact);
  const event = events.findLast((one) => one.commit === commit && one.renamedFrom !== undefined);
  if (event?.of === undefined) return undefined;
  return declaredName(tags, artifact, { commit, version: event.of, renamedFrom: event.renamedFrom });
}

/** Every name that an artifact got since, the first one first: each was renamed to the next. */
export async function laterNames(tags: Tags, artifact: ArtifactName): Promise<ArtifactName[]> {
  const names: ArtifactName[] = [];
  let old = await readNamed(tags, artifact);
  while (names.length < MOST_NAMES) {
    const next = old.deprecated ? old.events.at(-1)?.successor : undefined;
    if (next === undefined || next === artifact || names.includes(next)) break;
    const to = await readNamed(tags, next);
    if (!isRenamed(old, to)) break;
    names.push(next);
    old = to;
  }
  return names;
}

const readNamed = async (tags: Tags, name: ArtifactName): Promise<ArtifactState> =>
  artifactStateOf(name, eventsIn(await readAllTags(tags, name), name).events);
