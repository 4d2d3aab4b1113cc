import { addPlain } from './greatest.js';
import { CARET, type ListedBytes, NEWLINE, NOWHERE } from './listed-bytes.js';
import { type PlainVersion, readPlainVersion, ZERO } from './plain-version.js';
import { addRegistration, type OfStage, type Sketch } from './sketch.js';
import { COUNTER_DIGITS } from './tag-name.js';

// Most of a registry's tags begin as the one before, and end in a counter or in a version of three numbers. A run of such lines is read in
// one go. It happens in a process that has just begun, and functions are compiled while they work: those that call few others
// soon, so that both of these have the same loop over what a name begins with.

/** What the names of a run begin with: the piece of the first. */
export interface Beginning {
  from: number;
  length: number;
}

/**
 * Reads events of one stage, as long as names begin alike, end in a counter and lead somewhere.
 * @returns the place of the first line that is another
 */
export function readCounters(
  { bytes, idLength, nameAt }: ListedBytes,
  first: number,
  beginning: Beginning,
  { kind, last }: OfStage,
): number {
  const { from, length } = beginning;
  let place = first;
  for (;;) {
    const name = place + nameAt;
    let at = 0;
    while (at < length && bytes[name + at] === bytes[from + at]) at += 1;
    if (at < length) return place;
    at = name + length;
    const digits = at;
    let counter = 0;
    for (let digit = (bytes[at] ?? 0) - ZERO; digit >= 0 && digit <= 9; digit = (bytes[at] ?? 0) - ZERO) {
      counter = counter * 10 + digit;
      at += 1;
    }
    const end = at + 2 + idLength;
    if (at === digits || at - digits > COUNTER_DIGITS) return place;
    if (bytes[at] !== NEWLINE || bytes[at + 1] !== CARET || bytes[end] !== NEWLINE) return place;
    if (counter >= last.counter) {
      last.isTwin = counter === last.counter;
      last.counter = counter;
      last.kind = kind;
      last.tag = place;
      last.commit = at + 2;
    }
    place = end + 1;
  }
}

/**
 * Reads registrations of one artifact, as long as names begin alike, end in a version of three numbers and lead somewhere.
 * @returns the place of the first line that is another
 */
export function readVersions(
  listing: ListedBytes,
  first: number,
  { from, length }: Beginning,
  sketch: Sketch,
): number {
  const { bytes, idLength, nameAt } = listing;
  let place = first;
  for (;;) {
    const name = place + nameAt;
    let at = 0;
    while (at < length && bytes[name + at] === bytes[from + at]) at += 1;
    if (at < length) return place;
    const version = name + length;
    const to = readPlainVersion(bytes, version, passing);
    const end = to + 2 + idLength;
    if (to === NOWHERE || bytes[to] !== NEWLINE || bytes[to + 1] !== CARET || bytes[end] !== NEWLINE)
      return place;
    addPlain(sketch.latest, place, to + 2, passing);
    addRegistration(sketch, listing, place, version, to, to + 2);
    place = end + 1;
  }
}

// the one that is looked at, used again for each: there are as many as tags
const passing: PlainVersion = { major: 0, minor: 0, patch: 0 };
