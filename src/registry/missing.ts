import { join } from 'node:path';
import type { ArtifactState } from '../domain/artifact.js';
import { gapsIn } from '../domain/chain.js';
import type { Event, NamedEvent } from '../domain/event.js';
import type { ArtifactName } from '../domain/names.js';
import { RegError } from '../errors.js';
import { isThere } from '../util/files.js';
import { writeBelow } from '../util/safe-files.js';
import { shellLine } from '../util/shell.js';
import { isClone, type RegistryContext } from './context.js';
import { syncLine } from './forks.js';
import { readArtifactNames, readState } from './read.js';

// Known to be partial is no answer (docs/specification.md, 1 Tags): an event names an event before it or a version that is not here, or
// a shallow clone has no tag of the registry at all. Only what was read anyway is looked at.

/**
 * Whether tags of an artifact are known to be missing here, so that its remote may have them. A tag that was deleted is not
 * missing: here its object is left, and of those of other clones `reg sync` keeps a mark, or an acceptance names it.
 * @param read events whose objects were read
 * @param all every event of the artifact
 */
export async function isPartial(
  context: RegistryContext,
  read: readonly Event[],
  all: readonly NamedEvent[],
): Promise<boolean> {
  const { address, isExcerpt = false } = context.repository;
  const gaps = address === undefined || isExcerpt ? gapsIn(read, all) : [];
  if (gaps.length === 0 || !(isExcerpt || (await isClone(context)))) return false;
  const parents = gaps.flatMap(({ parent }) => parent ?? []);
  const types = parents.length === 0 ? new Map() : await context.repository.objects.types(parents);
  const open: Event[] = [];
  for (const { event, parent } of gaps) {
    const isDeleted = parent !== undefined && (types.get(parent) ?? 'tag') !== 'missing';
    if (isDeleted || (await isThere(markOf(context, event.tagOid)))) continue;
    if (parent === undefined) {
      await askAgain(context);
      return true;
    }
    open.push(event);
  }
  const [first] = open;
  if (first === undefined) return false;
  // loaded on use: most registries have none
  const { acceptedHere } = await import('./acceptances.js');
  const isAccepted = await acceptedHere(context, first.artifact);
  if (open.every(isAccepted)) return false;
  await askAgain(context);
  return true;
}

/** Ends a question that is to be asked again: tags that were missing are here now. */
export class AskAgain extends Error {
  constructor() {
    super('tags were missing, and are here now: ask again');
  }
}

/**
 * Brings tags that are missing, where that is wanted and was not done yet.
 * @throws AskAgain where it did
 */
async function askAgain({ bringMissing }: RegistryContext): Promise<void> {
  if (await bringMissing?.()) throw new AskAgain();
}

/** Artifacts whose answers cannot be trusted, by name, and why: tags are missing or cannot be read. */
export type Unsure = Map<ArtifactName, RegError>;

/** Reads the artifacts of a registry that are whole, now or at a time in seconds since the epoch, and why the others are not. */
export async function readWhole(
  context: RegistryContext,
  at: number | undefined,
): Promise<{ whole: ArtifactState[]; unsure: Unsure }> {
  const unsure: Unsure = new Map();
  const state = await readState(context, at, (name, error) => unsure.set(name, error));
  const whole: ArtifactState[] = [];
  for (const artifact of state.values())
    if (await isPartial(context, artifact.events, artifact.events))
      unsure.set(artifact.name, partial(context, artifact.name));
    else whole.push(artifact);
  return { whole, unsure };
}

/**
 * Refuses a question about an artifact whose tags are known to be partial.
 * @throws RegError TAGS_MISSING
 */
export async function refusePartial(
  context: RegistryContext,
  artifact: ArtifactName,
  read: readonly Event[],
  all: readonly NamedEvent[],
): Promise<void> {
  if (await isPartial(context, read, all)) throw partial(context, artifact);
}

/** Refuses to answer from partial tags. A question that asks no remote gets a warning, and is answered from the tags here. */
export async function warnOrRefusePartial(
  context: RegistryContext,
  artifact: ArtifactName,
  read: readonly Event[],
  all: readonly NamedEvent[],
): Promise<void> {
  if (!(await isPartial(context, read, all))) return;
  const error = partial(context, artifact);
  if (!context.offline) throw error;
  context.note(`warning: ${error.message}, and the answer may be an old one; ${error.hint}`);
}

/**
 * Whether a shallow clone has no tag of the registry at all, although its remote may have some.
 * @throws AskAgain where they were brought, also to a clone that is not shallow
 */
export async function hasNone(context: RegistryContext): Promise<boolean> {
  const { repository } = context;
  if (repository.address !== undefined || (await readArtifactNames(repository.tags)).length > 0) return false;
  if (!(await isClone(context))) return false;
  const isShallow = await repository.history.isShallow();
  await askAgain(context).catch((error: unknown) => {
    if (isShallow || !(error instanceof RegError && error.code === 'REMOTE_FAILED')) throw error;
  });
  return isShallow && !(await isThere(markOf(context, await emptyMark(context))));
}

/** The error for an artifact whose tags are known to be partial. */
export const partial = (
  { repository: { address, isExcerpt } }: RegistryContext,
  artifact: ArtifactName,
): RegError =>
  isExcerpt
    ? new RegError(
        'TAGS_MISSING',
        `tags of ${artifact} are missing in this bundle`,
        `make a whole one where the repository is: ${shellLine('git', 'bundle', 'create', address ?? '', '--all')}`,
      )
    : tagsMissing(`tags of ${artifact} are missing in this clone`);

/** The error for tags that are known to be missing here; `line` is the command that gets them. */
export const tagsMissing = (message: string, line = 'reg sync'): RegError =>
  new RegError('TAGS_MISSING', message, `get them with: ${line}`);

/**
 * Why the tags of this clone may be behind those of its remote although it is fetched from: git brings only some of them (git-fetch(1),
 * Configured remote-tracking branches, --tags). Undefined where it brings them, and without a remote.
 */
export async function mayLackTags(context: RegistryContext): Promise<string | undefined> {
  const { repository, remote: chosen } = context;
  if (repository.address !== undefined || (await repository.mayHaveRemote?.()) === false) return undefined;
  // in one go: every answer waits for it
  const [remote, { names, fetches }, isShallow] = await Promise.all([
    chosen().catch(() => ''),
    repository.remotes(),
    repository.history.isShallow(),
  ]);
  if (!names.includes(remote)) return undefined;
  const reach = fetches?.get(remote);
  if (reach === 'all tags') return undefined;
  const why = isShallow ? 'it is shallow' : reach && WHY[reach];
  return why && `tags of ${remote} may be missing in this clone, because ${why}`;
}

const WHY = { 'no tags': 'it fetches no tags', 'some branches': 'it does not fetch every branch' };

/** What a clone without a tag of the registry has to say for itself. */
export const NO_TAGS = 'this clone has no tag of the registry';

/** Notes that a clone has no tag of the registry, where it has a remote that may have some. */
export async function noteWithoutTags(context: RegistryContext): Promise<void> {
  if ((await readArtifactNames(context.repository.tags)).length > 0 || !(await isClone(context))) return;
  context.note(`${NO_TAGS}; where the remote has some, get them with: ${await syncLine(context)}`);
}

/** Marks what the remote does not have either, so that questions are answered without it. */
export async function markGone(
  context: RegistryContext,
  artifacts: readonly (readonly Event[])[],
): Promise<void> {
  const events = artifacts.flatMap((own) => gapsIn(own, own)).map(({ event }) => event.tagOid);
  const isEmpty = artifacts.length === 0 && (await readArtifactNames(context.repository.tags)).length === 0;
  const marks = isEmpty ? [...events, await emptyMark(context)] : events;
  for (const mark of marks) await writeBelow(context.cache, join(GONE, mark), '');
}

const GONE = 'gone';
const markOf = ({ cache }: RegistryContext, mark: string): string => join(cache, GONE, mark);

const emptyMark = async ({ repository }: RegistryContext): Promise<string> =>
  `all-${(await repository.objects.commit('HEAD')) ?? ''}`;
