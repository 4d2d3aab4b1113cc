import { RegError } from '../errors.js';

/** A SemVer 2.0.0 version with its leading `v`, build metadata included: `v1.2.0-rc.1+sha.5`. */
export type Version = string & { readonly brand: 'Version' };

/** The version of an artifact's first registration when none is asked for (SPEC §3). */
export const FIRST_VERSION = 'v0.0.1' as Version;

/** As long as the semver package reads one, the `v` not counted. */
const LONGEST = 256;

/**
 * Reads a version as a tag spells it, the leading `v` required, or gives undefined. It is read letter by letter, once: a
 * registry has as many as it has tags, and an expression with alternatives takes several times as long.
 */
export function parseVersion(text: string): Version | undefined {
  const to = text.length;
  if (to === 0 || text.charCodeAt(0) !== LETTER_V || to > LONGEST + 1) return undefined;
  let at = endOfNumber(text, 1, to);
  for (let part = 1; part < 3; part += 1) {
    if (at < 0 || codeAt(text, at, to) !== DOT) return undefined;
    at = endOfNumber(text, at + 1, to);
  }
  if (at < 0) return undefined;
  if (codeAt(text, at, to) === DASH) at = endOfWords(text, at + 1, to, true);
  if (at >= 0 && codeAt(text, at, to) === PLUS) at = endOfWords(text, at + 1, to, false);
  return at === to ? (text as Version) : undefined;
}

/** A letter, 0 behind the last: what reads behind the end of a text is compiled anew, time and again. */
const codeAt = (text: string, at: number, to: number): number => (at < to ? text.charCodeAt(at) : 0);

const LETTER_V = 0x76;
const DOT = 0x2e;
const DASH = 0x2d;
const PLUS = 0x2b;
const ZERO = 0x30;

/** Where a number ends; -1 where there is none, or one that starts with a zero or is not exact any more. */
function endOfNumber(text: string, from: number, to: number): number {
  let at = from;
  let value = 0;
  for (; isDigit(codeAt(text, at, to)); at += 1) value = value * 10 + text.charCodeAt(at) - ZERO;
  const isLed = codeAt(text, from, to) === ZERO && at > from + 1;
  return at === from || isLed || value > Number.MAX_SAFE_INTEGER ? -1 : at;
}

/** Where words between dots end; -1 where one is empty, or is a number that starts with a zero though `strict`. */
function endOfWords(text: string, from: number, to: number, strict: boolean): number {
  for (let start = from; ; ) {
    let at = start;
    let isNumber = true;
    for (
      let code = codeAt(text, at, to);
      isDigit(code) || isLetterOrDash(code);
      code = codeAt(text, at, to)
    ) {
      isNumber &&= isDigit(code);
      at += 1;
    }
    const isLed = strict && isNumber && codeAt(text, start, to) === ZERO && at > start + 1;
    if (at === start || isLed) return -1;
    if (codeAt(text, at, to) !== DOT) return at;
    start = at + 1;
  }
}

const isDigit = (code: number): boolean => code >= ZERO && code <= 0x39;
const isLetterOrDash = (code: number): boolean =>
  (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || code === DASH;

/**
 * Reads a version as a person types it, with or without the leading `v` (SPEC §5).
 * @throws RegError INVALID_VERSION
 */
export function version(text: string): Version {
  const parsed = parseVersion(text.startsWith('v') ? text : `v${text}`);
  if (parsed !== undefined) return parsed;
  throw new RegError(
    'INVALID_VERSION',
    `'${text}' is not a version`,
    'write a SemVer such as v1.2.0 or 1.2.0-rc.1',
  );
}
