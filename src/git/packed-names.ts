/**
 * Walks over the names in a `packed-refs` file, which is sorted, so that what is left out costs a search and no walk. A name
 * is taken letter by byte (latin1), for that is how the file is sorted; what a registry is about is ASCII.
 */
export interface PackedNames {
  /** The next name that is not before `from`, while it begins with `start`. Quickest when each `from` is behind the one before. */
  next(from: string, start: string): string | undefined;
}

/** Opens the content of a `packed-refs` file; undefined where its first line does not promise that it is sorted. */
export function openPackedNames(bytes: Buffer): PackedNames | undefined {
  const [header = ''] = bytes.toString('latin1', 0, 200).split('\n', 1);
  if (!/^# pack-refs with:.* sorted /.test(header)) return undefined;
  // a line is short: to call into the library for each of them takes longer than to look at its letters
  const endOf = (line: number): number => {
    let end = line;
    while (end < bytes.length && bytes[end] !== LINE_FEED) end += 1;
    return end;
  };
  /** The first line of a ref at or behind the beginning of a line: one with `^` belongs to the ref before. */
  const refFrom = (line: number): number => {
    let at = line;
    while (at < bytes.length && (bytes[at] === CARET || bytes[at] === HASH)) at = endOf(at) + 1;
    return Math.min(at, bytes.length);
  };
  const refBehind = (place: number): number => refFrom(endOf(place) + 1);
  // every id is as long as the first
  const idLength = Math.max(0, bytes.indexOf(SPACE, refFrom(0)) - refFrom(0)) + 1;
  const isBefore = (line: number, name: string): boolean => {
    const start = line + idLength;
    for (let at = 0; at < name.length; at += 1) {
      const letter = bytes[start + at] ?? LINE_FEED;
      const wanted = name.charCodeAt(at);
      if (letter !== wanted) return letter === LINE_FEED || letter < wanted;
    }
    return false;
  };
  const first = refFrom(0);
  let last = first;
  return {
    next: (from, start) => {
      last = search(last < bytes.length && isBefore(last, from) ? last : first, from);
      const name = last < bytes.length ? bytes.toString('latin1', last + idLength, endOf(last)) : '';
      return name !== '' && name.startsWith(start) ? name : undefined;
    },
  };

  /** The line of the first ref, from `low` on, that is not before the wanted one. */
  function search(begin: number, wanted: string): number {
    let low = begin;
    let high = bytes.length;
    // what is wanted next is mostly near: look ahead in growing steps
    for (let step = NEAR; low + step < high; step *= 4) {
      const line = refBehind(low + step);
      if (line >= bytes.length || !isBefore(line, wanted)) high = line;
      else low = line;
    }
    for (;;) {
      const middle = refBehind(Math.floor((low + high) / 2));
      // no line begins in the second half: what is left is a line or two
      if (middle >= high) break;
      if (isBefore(middle, wanted)) low = middle;
      else high = middle;
    }
    while (low < high && isBefore(low, wanted)) low = refBehind(low);
    return low;
  }
}

/** Bytes that hold a few lines. */
const NEAR = 2048;
const [SPACE, LINE_FEED, CARET, HASH] = [0x20, 0x0a, 0x5e, 0x23];
