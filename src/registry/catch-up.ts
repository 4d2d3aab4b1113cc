import type { ResolvedEvent } from '../domain/artifact.js';
import type { ArtifactName } from '../domain/names.js';
import { tagRef } from '../domain/refs.js';
import { parseTagName } from '../domain/tag-name.js';
import { RegError } from '../errors.js';
import {
  isBrokenRef,
  listArtifact,
  type RegistryRepository,
  type RemoteListing,
  refOf,
  requireRemote,
  requireWriter,
  type TagReading,
  type TagRef,
} from '../git/port.js';
import { shellLine } from '../util/shell.js';
import { readAllTags } from './read.js';

/** What a remote has of an artifact. */
export interface RemoteView extends RemoteListing {
  /** The names of the tags that were brought here. */
  fetched: readonly string[];
  /** The tags of the artifact, here or for a registry at a URL there, after that. */
  readings: readonly TagReading[];
}

/**
 * Brings the tags of an artifact that its remote has and this repository does not: a decision without them could give a number
 * away twice, or come too early in the order of events. Lightweight tags, which CI checkouts leave, are replaced too.
 * @param listed what the remote has, where it was asked before
 * @throws RegError BEHIND_REMOTE when a tag here is another one than there, REMOTE_FAILED
 */
export async function catchUp(
  repository: RegistryRepository,
  artifact: ArtifactName,
  remote: string,
  listed: Promise<RemoteListing> = listArtifact(requireRemote(repository, remote), artifact),
): Promise<RemoteView> {
  const isEvent = ({ name }: TagRef): boolean => parseTagName(name)?.artifact === artifact;
  if (repository.address !== undefined) {
    const listing = await listed;
    const tags = listing.tags.filter(isEvent);
    await requireRemote(repository, remote).fetch(tags);
    return { ...listing, tags, fetched: [], readings: await repository.tags.read(tags) };
  }
  const [listing, here] = await Promise.all([listed, readAllTags(repository.tags, artifact)]);
  const tags = listing.tags.filter(isEvent);
  const { wanted, differing } = compareTags(here.map(refOf), tags, damageIn(here));
  if (differing.length > 0) throw differs(remote, artifact, differing);
  const fetched = wanted.map(({ tag }) => tag.name);
  const brought = await bring(repository, remote, wanted);
  const kept = here.filter((reading) => !fetched.includes(refOf(reading).name));
  return { ...listing, tags, fetched, readings: [...kept, ...brought] };
}

/** The names of the tags whose objects cannot be read. */
const damageIn = (readings: readonly TagReading[]): Set<string> =>
  new Set(readings.flatMap((one) => ('defect' in one && one.defect === 'missing' ? one.ref.name : [])));

/**
 * Brings tags here with their objects, and reads them.
 * @throws RegError REMOTE_FAILED, GIT_FAILED
 */
export async function bring(
  repository: RegistryRepository,
  remote: string,
  wanted: readonly WantedTag[],
): Promise<TagReading[]> {
  if (wanted.length === 0) return [];
  const tags = wanted.map(({ tag }) => tag);
  await requireRemote(repository, remote).fetch(tags);
  // of a damaged tag the object alone may be missing
  const refs = wanted
    .filter(({ tag, replaces }) => replaces !== tag.oid)
    .map(({ tag, replaces }) => ({ ref: tagRef(tag.name), from: replaces, to: tag.oid }));
  const [readings, outcome] = await Promise.all([
    repository.tags.read(tags),
    requireWriter(repository).change(refs),
  ]);
  if (outcome.kind === 'done') return readings;
  throw new RegError('GIT_FAILED', `git did not write tags of ${remote} here: ${outcome.reason}`);
}

/** The error for tags of a remote whose names belong to other tags here. */
export function differs(remote: string, artifact: string, tags: readonly TagRef[]): RegError {
  const names = tags.map(({ name }) => name);
  const refspecs = names.map((name) => `+${tagRef(name)}:${tagRef(name)}`);
  return new RegError(
    'BEHIND_REMOTE',
    `${remote} has other tags of ${artifact} than this repository under the same names: ${names.join(', ')}`,
    `nothing was written; to take those of ${remote}: ${shellLine('git', 'fetch', '--no-tags', remote, ...refspecs)}`,
  );
}

/** How many tags a note names; a clone without tags may lack thousands. */
const NAMED = 5;

const someOf = (tags: readonly string[]): string =>
  tags.slice(0, NAMED).join(', ') + (tags.length > NAMED ? ` and ${tags.length - NAMED} more` : '');

/** The note about tags that were brought here. */
export const fetchedNote = ({ fetched }: RemoteView, remote: string): string | undefined =>
  fetched.length === 0 ? undefined : `fetched from ${remote} first: ${someOf(fetched)}`;

/** The note about older tags that a push took along, or would take along. */
export const broughtNote = (tags: readonly string[], isDone: boolean): string | undefined =>
  tags.length === 0 ? undefined : `${isDone ? '' : 'to be '}pushed with it: ${someOf(tags)}`;

/** The note about events that a remote still lacks after a push. Only a person knows whether they were deleted there. */
export function lackingNote(events: readonly ResolvedEvent[], remote: string): string | undefined {
  if (events.length === 0) return undefined;
  const [what, it] = events.length === 1 ? ['an earlier tag', 'it'] : ['earlier tags', 'they'];
  const names = someOf(events.map(({ tag }) => tag));
  return `${remote} lacks ${what}, not pushed because ${it} may have been deleted there: ${names}; to push all the same: reg sync`;
}

/** A tag of a remote to bring here, and what is here in its place. */
interface WantedTag {
  tag: TagRef;
  replaces: string | undefined;
}

/** How the tags of a remote differ from those here. */
interface Comparison {
  /** Events of the remote that are missing here, or lightweight or damaged here. */
  wanted: WantedTag[];
  /** Tags of the remote whose names belong to other tags here. */
  differing: TagRef[];
}

/**
 * Compares the tags of a remote with those here, by name and object.
 * @param damaged the names of tags here whose objects cannot be read
 */
export function compareTags(
  here: readonly TagRef[],
  there: readonly TagRef[],
  damaged: ReadonlySet<string> = new Set(),
): Comparison {
  const held = new Map(here.map(({ name, oid }) => [name, oid]));
  const wanted: WantedTag[] = [];
  const differing: TagRef[] = [];
  for (const tag of there) {
    const replaces = held.get(tag.name);
    // a lightweight tag is not an event; where it is missing here, it only takes a name there
    if (isBrokenRef(tag) || (replaces === undefined && tag.peeled === undefined)) continue;
    // a tag that cannot be read is of no use here
    const isReplaceable = replaces === undefined || replaces === tag.peeled || damaged.has(tag.name);
    if (replaces === tag.oid && !isReplaceable) continue;
    if (isReplaceable) wanted.push({ tag, replaces });
    else differing.push(tag);
  }
  return { wanted, differing };
}

/** The tags with the name of an event, of this repository and of a remote. */
interface BothSides {
  here: TagRef[];
  there: TagRef[];
  /** Events whose names the remote does not have. */
  onlyHere: TagRef[];
  /** The names of the tags here whose objects cannot be read. */
  damaged: Set<string>;
}

/**
 * Lists both sides of a whole registry.
 * @throws RegError REMOTE_FAILED
 */
export async function listBothSides(repository: RegistryRepository, remote: string): Promise<BothSides> {
  const { listTags } = requireRemote(repository, remote);
  const [local, listed] = await Promise.all([readAllTags(repository.tags, 'all'), listTags()]);
  const readings = local.filter((reading) => hasEventName(refOf(reading)));
  const here = readings.map(refOf);
  const there = listed.filter(hasEventName);
  const known = new Set(there.map(({ name }) => name));
  const onlyHere = readings.flatMap((one) => ('tag' in one && !known.has(one.tag.name) ? refOf(one) : []));
  return { here, there, onlyHere, damaged: damageIn(readings) };
}

const hasEventName = ({ name }: TagRef): boolean => parseTagName(name) !== undefined;

/**
 * Brings the objects of a remote's refs that are missing here, without a ref to them. At a URL they come when they are read.
 * @throws RegError REMOTE_FAILED
 */
export async function bringMissing(
  repository: RegistryRepository,
  remote: string,
  refs: readonly TagRef[],
): Promise<void> {
  if (refs.length === 0 || repository.address !== undefined) return;
  const types = await repository.objects.types(refs.map(({ oid }) => oid));
  await requireRemote(repository, remote).fetch(refs.filter(({ oid }) => types.get(oid) === 'missing'));
}
