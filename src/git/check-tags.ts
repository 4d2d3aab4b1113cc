import { type Claim, confirms } from '../domain/outline.js';
import type { CheckTags, NamedTagReader } from './port.js';
import { type TagListing, tagAt } from './tag-listing.js';

/** Checks claims by reading the tags whole. */
export const checkByReading =
  (tags: NamedTagReader): CheckTags =>
  async (listing, make) => {
    const claims: Claim[] = [];
    make((claim) => claims.push(claim));
    return verdictsByReading(tags, listing, claims);
  };

/** Whether each claim holds, by reading the tags whole. */
export async function verdictsByReading(
  { readTags }: NamedTagReader,
  listing: TagListing,
  claims: readonly Claim[],
): Promise<boolean[]> {
  const readings = await readTags(claims.map(({ tag }) => tagAt(listing, tag)));
  return claims.map((claim, index) => {
    const reading = readings[index];
    return confirms(claim, reading && 'tag' in reading ? reading.tag : undefined);
  });
}
