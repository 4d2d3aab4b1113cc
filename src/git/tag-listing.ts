import type { Oid } from '../domain/event.js';
import { BrokenListing, type Line, type ListedBytes, lineAt, NOWHERE } from '../domain/listed-bytes.js';
import { compareText } from '../domain/order.js';
import type { PeeledTagRef, TagRef } from './port.js';

/**
 * Tags in order of their names, as packed refs have them (git-pack-refs(1)). One is known by its place, where its line begins. What is
 * not asked for is never made: a listing is long, and what rests upon it is short.
 */
export interface TagListing extends ListedBytes {
  bytes: Buffer;
  /** What a tag's ref holds. */
  oid(place: number): Oid;
}

/** How the full names of tags begin. */
export const PREFIX = 'refs/tags/';
const NEWLINE = 0x0a;
const SPACE = 0x20;

type Slice = (this: Buffer, from: number, to: number) => string;

/** What `toString` comes to, which finds out at each call what is meant by `latin1`; Node does not promise to have it. */
const { latin1Slice = bySlowWay } = Buffer.prototype as { latin1Slice?: Slice };

function bySlowWay(this: Buffer, from: number, to: number): string {
  return this.toString('latin1', from, to);
}

/**
 * The listing that some lines are.
 * @throws BrokenListing when the last of them breaks off
 */
export function tagListing(bytes: Buffer): TagListing {
  if (bytes.length > 0 && bytes[bytes.length - 1] !== NEWLINE) throw new BrokenListing('it breaks off');
  const idLength = Math.max(bytes.indexOf(SPACE), 0);
  // of names that are no ASCII none is of an event (SPEC §1), and none becomes one
  const text = (from: number, to: number): string => latin1Slice.call(bytes, from, to);
  return {
    bytes,
    idLength,
    nameAt: idLength + 1 + PREFIX.length,
    text,
    oid: (place) => text(place, place + idLength),
  };
}

/** The listing of tags that are made already. */
export const listingOf = (tags: readonly PeeledTagRef[]): TagListing =>
  tagListing(
    Buffer.from(
      [...tags]
        .sort((a, b) => compareText(a.name, b.name))
        .map(lineOf)
        .join(''),
    ),
  );

/** The lines of one tag. */
export const lineOf = ({ name, oid, peeledOid }: PeeledTagRef): string =>
  `${oid} ${PREFIX}${name}\n${peeledOid === undefined ? '' : `^${peeledOid}\n`}`;

/**
 * Tags of a listing, made at once: all, or those from one place to before another.
 * @throws BrokenListing
 */
export function tagsIn(listing: TagListing, from = 0, to = listing.bytes.length): PeeledTagRef[] {
  const tags: PeeledTagRef[] = [];
  for (let place = from; place < to; ) {
    const line = lineAt(listing, place);
    tags.push(tagOf(listing, line));
    place = line.next;
  }
  return tags;
}

/**
 * The tag at a place of a listing.
 * @throws BrokenListing
 */
export const tagAt = (listing: TagListing, place: number): PeeledTagRef =>
  tagOf(listing, lineAt(listing, place));

const tagOf = ({ bytes, oid }: TagListing, { place, from, to, target }: Line): PeeledTagRef => ({
  name: bytes.toString('utf8', from, to),
  oid: oid(place),
  peeledOid: target === NOWHERE ? undefined : oid(target),
});

/**
 * The refs of all tags, where every one leads somewhere; otherwise undefined. What they lead to is not made: that would be as much again.
 * @throws BrokenListing
 */
export function annotatedRefs(listing: TagListing): TagRef[] | undefined {
  const { bytes, oid } = listing;
  const refs: TagRef[] = [];
  for (let place = 0; place < bytes.length; ) {
    const { from, to, target, next } = lineAt(listing, place);
    if (target === NOWHERE) return undefined;
    refs.push({ name: bytes.toString('utf8', from, to), oid: oid(place) });
    place = next;
  }
  return refs;
}
