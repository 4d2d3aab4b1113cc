import type { PeeledTagRef } from '../port.js';
import { lineOf, PREFIX, type TagListing, tagListing } from '../tag-listing.js';
import { type PackedLines, placeOf } from './packed-lines.js';

/**
 * The listing of packed tags and of loose ones, which count where a tag is both.
 * @param packed lines of packed refs, all of tags, by name
 * @throws Error when they are not what they should be
 */
export function tagLines(packed: Buffer, loose: readonly PeeledTagRef[]): TagListing {
  if (loose.length === 0) return tagListing(packed);
  const lines: PackedLines = {
    read: (at, length) => packed.subarray(at, at + length),
    first: 0,
    size: packed.length,
  };
  const pieces: Buffer[] = [];
  let kept = 0;
  for (const { line, name } of loose.map(encoded).sort((a, b) => Buffer.compare(a.name, b.name))) {
    const [from, to] = placeOf({ ...lines, first: kept }, name);
    pieces.push(packed.subarray(kept, from), line);
    kept = to;
  }
  return tagListing(Buffer.concat([...pieces, packed.subarray(kept)]));
}

const encoded = (tag: PeeledTagRef) => ({
  name: Buffer.from(PREFIX + tag.name),
  line: Buffer.from(lineOf(tag)),
});
