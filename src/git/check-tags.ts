import { type Claim, confirms } from '../domain/outline.js';
import type { CheckTags, NamedTagReader } from './port.js';
import { type TagListing, tagAt } from './tag-listing.js';

/** What is claimed of a tag, which is known by its place in a listing. */
export interface Claimed {
  place: number;
  claim: Claim;
}

/** Checks claims by reading the tags whole. */
export const checkByReading =
  (tags: NamedTagReader): CheckTags =>
  async (listing, make) => {
    const claimed: Claimed[] = [];
    make((place, claim) => claimed.push({ place, claim }));
    return verdictsByReading(tags, listing, claimed);
  };

/** Whether each claim holds, by reading the tags whole. */
export async function verdictsByReading(
  { readTags }: NamedTagReader,
  listing: TagListing,
  claimed: readonly Claimed[],
): Promise<boolean[]> {
  const readings = await readTags(claimed.map(({ place }) => tagAt(listing, place)));
  return claimed.map(({ claim }, index) => {
    const reading = readings[index];
    return confirms(claim, reading && 'tag' in reading ? reading.tag : undefined);
  });
}
