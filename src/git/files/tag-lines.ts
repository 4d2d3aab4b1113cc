import type { TagListing } from '../tag-listing.js';

const PREFIX = 'refs/tags/';
const OID = 40;
const NAME_AT = OID + 1 + PREFIX.length;
const SPACE = 0x20;
const CARET = 0x5e;

/**
 * Reads lines of packed refs that are all of tags (git-pack-refs(1)): `<oid> refs/tags/<name>`, and behind an annotated one
 * `^<oid>` of what it leads to. Of each only the place is kept.
 * @param packed by name
 * @param loose such lines too, which count where a tag is in both
 * @throws Error when they are not what they should be
 */
export function tagLines(packed: string, loose: string): TagListing {
  const text = packed + loose;
  const name = (start: number): string => text.slice(start + NAME_AT, text.indexOf('\n', start + NAME_AT));
  const starts = startsIn(text, 0, packed.length);
  for (const start of startsIn(text, packed.length, text.length)) insert(starts, start, name);
  const startOf = (index: number): number => {
    const start = starts[index];
    if (start === undefined) throw new RangeError(`there is no tag with the number ${index}`);
    return start;
  };
  return {
    length: starts.length,
    name: (index) => name(startOf(index)),
    oid: (index) => text.slice(startOf(index), startOf(index) + OID),
    peeledOid: (index) => {
      const end = text.indexOf('\n', startOf(index) + NAME_AT);
      return text.charCodeAt(end + 1) === CARET ? text.slice(end + 2, end + 2 + OID) : undefined;
    },
    leadsTo: (index, commit) => {
      const end = text.indexOf('\n', startOf(index) + NAME_AT);
      return text.charCodeAt(end + 1) === CARET && text.startsWith(commit, end + 2);
    },
    eachAnnotated: (visit) => {
      for (let index = 0; index < starts.length; index += 1) {
        const start = startOf(index);
        const end = text.indexOf('\n', start + NAME_AT);
        if (text.charCodeAt(end + 1) === CARET) visit(index, text, start + NAME_AT, end);
      }
    },
  };
}

function startsIn(text: string, from: number, to: number): number[] {
  const starts: number[] = [];
  for (let at = from; at < to; ) {
    starts.push(at);
    if (text.charCodeAt(at + OID) !== SPACE) throw new Error('packed refs that are broken');
    at = text.indexOf('\n', at + NAME_AT) + 1;
    if (at === 0) throw new Error('packed refs that break off');
    if (text.charCodeAt(at) === CARET) at += OID + 2;
  }
  return starts;
}

/** Puts a tag at its place in the order of names, or in the place of the one of its name. */
function insert(starts: number[], start: number, name: (start: number) => string): void {
  const key = name(start);
  const nameAt = (index: number): string | undefined => {
    const other = starts[index];
    return other === undefined ? undefined : name(other);
  };
  let [low, high] = [0, starts.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((nameAt(middle) ?? '') < key) low = middle + 1;
    else high = middle;
  }
  starts.splice(low, nameAt(low) === key ? 1 : 0, start);
}
