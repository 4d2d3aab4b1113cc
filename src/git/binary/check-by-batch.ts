import type { Claim } from '../../domain/outline.js';
import { verdictsByReading } from '../check-tags.js';
import type { CheckTags, NamedTagReader } from '../port.js';
import { textConfirms } from '../tag-claim.js';
import type { OpenBatch } from './batch.js';

/** A listing of so many bytes has some thousand tags, and more than a few are claimed something of. */
const LONG = 500_000;

/**
 * Checks claims about a long listing by a batch of objects, of which no more is taken apart than is claimed; about any other by reading
 * the tags whole. The batch is opened before claims are made, for starting a process takes longer the more a program does.
 */
export const checkByBatch =
  (open: OpenBatch, tags: NamedTagReader): CheckTags =>
  async (listing, make) => {
    const claims: Claim[] = [];
    const batch = listing.bytes.length < LONG ? undefined : open();
    try {
      make((claim) => {
        claims.push(claim);
        batch?.ask(listing.oid(claim.tag));
      });
    } catch (error) {
      batch?.abandon();
      throw error;
    }
    // git stops at a corrupt object, which the slow way survives
    const answers = await batch?.answers();
    return (
      (answers && verdictsIn(answers.toString('latin1'), claims)) ?? verdictsByReading(tags, listing, claims)
    );
  };

/**
 * The verdict on each claim; undefined where there are not as many answers.
 * @param text has a letter for each byte: `<oid> <type> <size>\n<content>\n`, or `<oid> missing\n` (git-cat-file(1))
 */
function verdictsIn(text: string, claims: readonly Claim[]): boolean[] | undefined {
  let at = 0;
  const verdicts = claims.map((claim) => {
    const end = text.indexOf('\n', at);
    const type = text.indexOf(' ', at) + 1;
    const size = text.indexOf(' ', type) + 1;
    const content = end < 0 ? text.length + 1 : end + 1;
    const isThere = size > 0 && size < end;
    const length = isThere ? Number(text.slice(size, end)) : 0;
    at = isThere ? content + length + 1 : content;
    return isThere && text.startsWith('tag ', type) && textConfirms(claim, text, content, content + length);
  });
  return at === text.length ? verdicts : undefined;
}
