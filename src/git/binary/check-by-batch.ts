import { type Claimed, verdictsByReading } from '../check-tags.js';
import type { CheckTags, NamedTagReader } from '../port.js';
import { textConfirms } from '../tag-claim.js';
import type { Batch, OpenBatch } from './batch.js';

/** So many objects are read from files; more are read faster by a process, which remembers what others differ from. */
export const FEW = 200;

/** Checks few claims by reading the tags whole, and many by a batch of objects, of which no more is taken apart than is claimed. */
export const checkByBatch =
  (open: OpenBatch, tags: NamedTagReader): CheckTags =>
  async (listing, make) => {
    const claimed: Claimed[] = [];
    let batch: Batch | undefined;
    try {
      make((place, claim) => {
        claimed.push({ place, claim });
        if (claimed.length > FEW + 1) batch?.ask(listing.oid(place));
        if (claimed.length !== FEW + 1) return;
        batch = open();
        for (const one of claimed) batch?.ask(listing.oid(one.place));
      });
    } catch (error) {
      batch?.abandon();
      throw error;
    }
    // git stops at a corrupt object, which the slow way survives
    const answers = await batch?.answers();
    return answers === undefined
      ? verdictsByReading(tags, listing, claimed)
      : verdictsIn(answers.toString('latin1'), claimed);
  };

/** @param text answers with a letter for each byte: `<oid> <type> <size>\n<content>\n`, or `<oid> missing\n` (git-cat-file(1)) */
function verdictsIn(text: string, claimed: readonly Claimed[]): boolean[] {
  let at = 0;
  return claimed.map(({ claim }) => {
    const end = text.indexOf('\n', at);
    const type = text.indexOf(' ', at) + 1;
    const size = text.indexOf(' ', type) + 1;
    const content = end + 1;
    const isThere = size > 0 && size < end;
    const length = isThere ? Number(text.slice(size, end)) : 0;
    at = isThere ? content + length + 1 : content;
    return isThere && text.startsWith('tag ', type) && textConfirms(claim, text, content, content + length);
  });
}
