import type { Oid } from '../domain/event.js';
import { compareText } from '../domain/order.js';
import type { PeeledTagRef } from './port.js';

/**
 * Tags in order of their names, as packed refs have them (git-pack-refs(1)): a line `<oid> refs/tags/<name>`, and behind an annotated
 * one `^<oid>` of what it leads to. A tag is known by its place, where its line begins. What is not asked for is never made: a
 * listing is long, and what rests upon it is short.
 */
export interface TagListing {
  bytes: Buffer;
  /** How many digits an id has. */
  idLength: number;
  /** What is between two places; ids and the names of events are ASCII (SPEC §1), and anything else becomes what is no such name. */
  text(from: number, to: number): string;
  /** What the ref holds. */
  oid(place: number): Oid;
  tag(place: number): PeeledTagRef;
  /**
   * Shows the tags in order: all, or from one place to before another.
   * @throws Error where the lines are not what they should be
   */
  each(visit: VisitTag, from?: number, to?: number): void;
}

/**
 * Is shown a tag: where its line begins, between which places its name is, and where the id begins of what it leads to, which is
 * NOWHERE for a lightweight tag and for one that git cannot follow.
 */
export type VisitTag = (place: number, from: number, to: number, target: number) => void;

/** The place of nothing. */
export const NOWHERE = -1;

/** How the full names of tags begin. */
export const PREFIX = 'refs/tags/';
const NEWLINE = 0x0a;
const SPACE = 0x20;
const CARET = 0x5e;

/**
 * The listing that some lines are.
 * @throws Error when the last of them breaks off
 */
export function tagListing(bytes: Buffer): TagListing {
  if (bytes.length > 0 && bytes[bytes.length - 1] !== NEWLINE) throw new Error('a listing breaks off');
  const idLength = Math.max(bytes.indexOf(SPACE), 0);
  const nameAt = idLength + 1 + PREFIX.length;
  const text = (from: number, to: number): string => bytes.toString('latin1', from, to);
  const oid = (at: number): Oid => text(at, at + idLength);
  const targetBehind = (end: number): number => (bytes[end + 1] === CARET ? end + 2 : NOWHERE);
  return {
    bytes,
    idLength,
    text,
    oid,
    tag: (place) => {
      const end = lineEnd(bytes, place + nameAt);
      const target = targetBehind(end);
      return {
        name: bytes.toString('utf8', place + nameAt, end),
        oid: oid(place),
        peeledOid: target === NOWHERE ? undefined : oid(target),
      };
    },
    each: (visit, from = 0, to = bytes.length) => {
      for (let place = from; place < to; ) {
        if (bytes[place + idLength] !== SPACE) throw new Error('a listing is broken');
        const end = lineEnd(bytes, place + nameAt);
        const target = targetBehind(end);
        const last = target === NOWHERE ? end : target + idLength;
        if (bytes[last] !== NEWLINE) throw new Error('a listing is broken');
        visit(place, place + nameAt, end, target);
        place = last + 1;
      }
    },
  };
}

// a function of its own: the smaller one is, the sooner it is compiled, and this runs once for each of a hundred thousand tags
function lineEnd(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length && bytes[at] !== NEWLINE) at += 1;
  return at;
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

/** All tags of a listing, made at once. */
export function tagsIn(listing: TagListing): PeeledTagRef[] {
  const tags: PeeledTagRef[] = [];
  listing.each((place) => {
    tags.push(listing.tag(place));
  });
  return tags;
}
