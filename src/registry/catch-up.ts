import type { ArtifactState } from '../domain/artifact.js';
import type { ArtifactName } from '../domain/names.js';
import { parseTagName, tagRefspec } from '../domain/tag-name.js';
import { RegError } from '../errors.js';
import type {
  KeptRef,
  PeeledTagRef,
  RegistryRepository,
  RemoteListing,
  TagReading,
  TagRef,
} from '../git/port.js';
import { shellLine } from '../util/shell.js';
import { compareTags, type WantedTag } from './compare-tags.js';

/** What a remote has of an artifact. */
export interface RemoteView extends RemoteListing {
  /** The names of the tags that were brought here. */
  fetched: readonly string[];
  /** The tags of the artifact, here or for a registry at a URL there, after that. */
  readings: readonly TagReading[];
}

/**
 * Makes sure that this repository knows of an artifact what its remote knows: a decision on less could give a number away
 * twice, or come too early in the order of events. Brings exactly the tags that are missing, or here as lightweight ones,
 * as CI checkouts leave them.
 * @param listed what the remote has, where it was asked already
 * @throws RegError BEHIND_REMOTE when a tag here is another one than there, REMOTE_FAILED
 */
export async function catchUp(
  repository: RegistryRepository,
  artifact: ArtifactName,
  remote: string,
  listed?: RemoteListing,
): Promise<RemoteView> {
  const isEvent = ({ name }: TagRef): boolean => parseTagName(name)?.artifact === artifact;
  const asked = listed ?? repository.listRemoteArtifact(remote, artifact);
  if (repository.url !== undefined) {
    const listing = await asked;
    const tags = listing.tags.filter(isEvent);
    return { ...listing, tags, fetched: [], readings: await repository.readTags(tags) };
  }
  const [listing, here] = await Promise.all([asked, repository.readTags(artifact)]);
  const tags = listing.tags.filter(isEvent);
  const { wanted, differing } = compareTags(here.map(refOf), tags);
  if (differing.length > 0) throw differs(remote, artifact, differing);
  const fetched = wanted.map(({ tag }) => tag.name);
  const brought = await bring(repository, remote, wanted);
  const kept = here.filter((reading) => !fetched.includes(refOf(reading).name));
  return { ...listing, tags, fetched, readings: [...kept, ...brought] };
}

const refOf = (reading: TagReading): TagRef => ('tag' in reading ? reading.tag : reading.ref);

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
  await repository.fetchTags(remote, tags);
  const kept = wanted.map(({ tag, replaces }): KeptRef => ({ tagName: tag.name, oid: tag.oid, replaces }));
  const [readings, failure] = await Promise.all([repository.readTags(tags), repository.keepTags(kept)]);
  if (failure === undefined) return readings;
  throw new RegError('GIT_FAILED', `git did not write tags of ${remote} here: ${failure}`);
}

function differs(remote: string, artifact: ArtifactName, tags: readonly PeeledTagRef[]): RegError {
  const names = tags.map(({ name }) => name);
  const refspecs = names.map((name) => `+${tagRefspec(name)}`);
  return new RegError(
    'BEHIND_REMOTE',
    `${remote} has other tags of ${artifact} than this repository under the same names: ${names.join(', ')}`,
    `nothing was written; to take those of ${remote}: ${shellLine('git', 'fetch', '--no-tags', remote, ...refspecs)}`,
  );
}

/** So many names tell enough; a clone without tags may lack thousands. */
const NAMED = 5;

/** Says what was brought here. */
export function fetchedNote({ fetched }: RemoteView, remote: string): string | undefined {
  if (fetched.length === 0) return undefined;
  const others = fetched.length > NAMED ? ` and ${fetched.length - NAMED} more` : '';
  return `fetched from ${remote} first: ${fetched.slice(0, NAMED).join(', ')}${others}`;
}

/**
 * Says which events a remote still lacks after a write: an assignment alone is of no use to it without the registration.
 * @param written the tags that were pushed or deleted since
 */
export function lackingNote(
  { events }: ArtifactState,
  { tags }: RemoteView,
  written: readonly string[],
  remote: string,
): string | undefined {
  const known = new Set([...tags.map(({ name }) => name), ...written]);
  const [first, ...others] = events.map(({ tag }) => tag).filter((tag) => !known.has(tag));
  if (first === undefined) return undefined;
  const what = others.length === 0 ? `an earlier tag, ${first}` : `${others.length + 1} earlier tags`;
  return `${remote} lacks ${what}; push what is missing with: reg sync`;
}
