import { parseTagName } from '../domain/tag-name.js';
import type { PeeledTagRef, RegistryRepository, TagRef } from '../git/port.js';

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
  here: TagRef[];
  there: PeeledTagRef[];
  /** Events whose names the remote does not have. */
  onlyHere: TagRef[];
}

/**
 * Lists both sides of a whole registry.
 * @throws RegError REMOTE_FAILED
 */
export async function listBothSides(repository: RegistryRepository, remote: string): Promise<BothSides> {
  const [local, listed] = await Promise.all([repository.listTags(), repository.listRemoteTags(remote)]);
  const here = local.filter(hasEventName);
  const there = listed.filter(hasEventName);
  const known = new Set(there.map(({ name }) => name));
  const unknown = here.filter(({ name }) => !known.has(name));
  const readings = unknown.length === 0 ? [] : await repository.readTags(unknown);
  const events = new Set(readings.flatMap((one) => ('tag' in one ? [one.tag.name] : [])));
  return { here, there, onlyHere: unknown.filter(({ name }) => events.has(name)) };
}

const hasEventName = ({ name }: TagRef): boolean => parseTagName(name) !== undefined;
