import type { Oid } from '../domain/event.js';
import type { PeeledTagRef } from './port.js';

/**
 * Tags by their numbers, in order of their names. What is not asked for is never made: a listing is long, and what rests upon it
 * is short.
 */
export interface TagListing {
  length: number;
  /** The short name, without `refs/tags/`. */
  name(index: number): string;
  /** What the ref holds. */
  oid(index: number): Oid;
  /** What an annotated tag leads to; undefined for a lightweight one, and for one that git cannot follow. */
  peeledOid(index: number): Oid | undefined;
  /** Whether that is a commit, without making its id. */
  leadsTo(index: number, commit: Oid): boolean;
  /** Shows the names of the annotated tags in their order, each as a piece of a text. */
  eachAnnotated(visit: VisitName): void;
}

/** Is shown the number of a tag, and its name as what lies between two places of a text. */
export type VisitName = (index: number, text: string, from: number, to: number) => void;

/** The listing of tags that are made already. */
export const listingOf = (tags: readonly PeeledTagRef[]): TagListing => ({
  length: tags.length,
  name: (index) => at(tags, index).name,
  oid: (index) => at(tags, index).oid,
  peeledOid: (index) => at(tags, index).peeledOid,
  leadsTo: (index, commit) => at(tags, index).peeledOid === commit,
  eachAnnotated: (visit) => {
    for (const [index, { name, peeledOid }] of tags.entries())
      if (peeledOid !== undefined) visit(index, name, 0, name.length);
  },
});

/** All tags of a listing, made at once. */
export function tagsIn(listing: TagListing): PeeledTagRef[] {
  const tags: PeeledTagRef[] = [];
  for (let index = 0; index < listing.length; index += 1)
    tags.push({ name: listing.name(index), oid: listing.oid(index), peeledOid: listing.peeledOid(index) });
  return tags;
}

function at(tags: readonly PeeledTagRef[], index: number): PeeledTagRef {
  const tag = tags[index];
  if (tag === undefined) throw new RangeError(`a listing of ${tags.length} tags has no number ${index}`);
  return tag;
}
