import { parseTagName } from '../domain/tag-name.js';
import type { PeeledTagRef, RegistryRepository, TagReader, TagRef } from '../git/port.js';

/** A tag of a remote that is to be here, and what is here in its place. */
export interface WantedTag {
  tag: PeeledTagRef;
  replaces: string | undefined;
}

/** What a remote's tags are to a repository; those that are the same are left out. */
export interface Comparison {
  /** Events of the remote that are missing here, or here as a lightweight tag, which says nothing that they do not. */
  wanted: WantedTag[];
  /** Tags of the remote of which this repository has another one under the same name. */
  differing: PeeledTagRef[];
}

/** Compares the tags of a remote with those here, by name and object. */
export function compareTags(here: readonly TagRef[], there: readonly PeeledTagRef[]): Comparison {
  const held = new Map(here.map(({ name, oid }) => [name, oid]));
  const wanted: WantedTag[] = [];
  const differing: PeeledTagRef[] = [];
  for (const tag of there) {
    const replaces = held.get(tag.name);
    // a lightweight tag is no event: missing here, its name is taken there, and that is all
    if (replaces === tag.oid || (replaces === undefined && tag.peeledOid === undefined)) continue;
    if (replaces === undefined || replaces === tag.peeledOid) wanted.push({ tag, replaces });
    else differing.push(tag);
  }
  return { wanted, differing };
}

/** The tags with the name of an event, here and at a remote. */
export interface BothSides {
  here: PeeledTagRef[];
  there: PeeledTagRef[];
  /** Annotated tags whose names the remote does not have. */
  onlyHere: PeeledTagRef[];
}

/**
 * Lists both sides of a whole registry.
 * @throws RegError REMOTE_FAILED
 */
export async function listBothSides(repository: RegistryRepository, remote: string): Promise<BothSides> {
  const listed = await Promise.all([listHere(repository), repository.listRemoteTags(remote)]);
  const [here, there] = listed.map((tags) => tags.filter(({ name }) => parseTagName(name) !== undefined));
  const known = new Set(there?.map(({ name }) => name));
  const onlyHere = here?.filter(({ name, peeledOid }) => peeledOid !== undefined && !known.has(name));
  return { here: here ?? [], there: there ?? [], onlyHere: onlyHere ?? [] };
}

async function listHere(tags: TagReader): Promise<PeeledTagRef[]> {
  // a broken tag ends the one listing, and the other cannot tell which tags are annotated
  return (
    (await tags.listPeeledTags()) ?? (await tags.listTags()).map((ref) => ({ ...ref, peeledOid: ref.oid }))
  );
}
