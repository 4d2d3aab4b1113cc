import { RegError } from '../errors.js';

/** A SemVer 2.0.0 version with its leading `v`, build metadata included: `v1.2.0-rc.1+sha.5`. */
export type Version = string & { readonly brand: 'Version' };

/** The version of an artifact's first registration when none is asked for (docs/specification.md, 3 State). */
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

/** A letter, or 0 behind the last. A read behind the end of a text makes V8 compile the function again and again. */
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
  for (; isDigit(codeAt(text, at, to)); at += 1) value = value * 10 + (text.charCodeAt(at) - ZERO);
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
 * Reads a version as a person types it, with or without the leading `v` (docs/specification.md, 5 Commands).
 * @throws RegError INVALID_VERSION
 */
export function version(text: string): Version {
  const parsed = parseVersion(text.startsWith('v') ? text : `v${text}`);
  if (parsed !== undefined) return parsed;
  const [, numbers = '', rest = ''] = /^v?(\d+(?:\.\d+)?)([-+].*)?$/.exec(text) ?? [];
  const whole = `${numbers}${numbers.includes('.') ? '.0' : '.0.0'}${rest}`;
  throw new RegError(
    'INVALID_VERSION',
    `'${text}' is not a version${numbers === '' ? '' : `: a version has three numbers, and ${numbers.includes('.') ? 'the third is' : 'two are'} missing`}`,
    `write a SemVer such as ${numbers === '' ? 'v1.2.0 or 1.2.0-rc.1' : `v${whole}`}`,
  );
}

/**
 * Orders by SemVer precedence (SemVer 2.0.0, section 11); versions that differ in build metadata alone are ordered by it, so
 * that the order is total. Nothing is allocated unless major, minor and patch are the same.
 */
export function compareVersions(a: Version, b: Version): number {
  if (a === b) return 0;
  // no lists, taken apart: engines that have not seen this often make them, and go through them
  let inA = 1;
  let inB = 1;
  for (let part = 0; part < 3; part += 1) {
    let numberA = 0;
    let numberB = 0;
    for (; inA < a.length && versionOrderIsDigit(a.charCodeAt(inA)); inA += 1)
      numberA = numberA * 10 + (a.charCodeAt(inA) - VERSION_ORDER_ZERO);
    for (; inB < b.length && versionOrderIsDigit(b.charCodeAt(inB)); inB += 1)
      numberB = numberB * 10 + (b.charCodeAt(inB) - VERSION_ORDER_ZERO);
    if (numberA !== numberB) return numberA - numberB;
    // over the dot
    inA += 1;
    inB += 1;
  }
  const [preA, buildA] = restOf(a, inA - 1);
  const [preB, buildB] = restOf(b, inB - 1);
  // a pre-release comes before what it leads to, any build after none
  if ((preA === '') !== (preB === '')) return preA === '' ? 1 : -1;
  // the last comparison is for numbers of the build that differ only in leading zeros
  return compareWords(preA, preB) || compareWords(buildA, buildB) || (a < b ? -1 : 1);
}

const VERSION_ORDER_ZERO = 0x30;
const versionOrderIsDigit = (code: number): boolean => code >= VERSION_ORDER_ZERO && code <= 0x39;

/** The pre-release and the build metadata behind the numbers, empty where there is none. */
function restOf(version: Version, at: number): [pre: string, build: string] {
  const plus = version.indexOf('+', at);
  const end = plus < 0 ? version.length : plus;
  return [version.slice(at + 1, end), plus < 0 ? '' : version.slice(plus + 1)];
}

function compareWords(a: string, b: string): number {
  if (a === b) return 0;
  const wordsB = b.split('.');
  const wordsA = a.split('.');
  for (const [index, word] of wordsA.entries()) {
    const other = wordsB[index];
    if (other === undefined) return 1;
    const order = compareWord(word, other);
    if (order !== 0) return order;
  }
  return wordsA.length - wordsB.length;
}

const NUMBER = /^\d+$/;

/** Numbers come before words and are ordered by size, however large; words by their letters. */
function compareWord(a: string, b: string): number {
  if (a === b) return 0;
  const [isNumberA, isNumberB] = [NUMBER.test(a), NUMBER.test(b)];
  if (isNumberA !== isNumberB) return isNumberA ? -1 : 1;
  if (!isNumberA) return a < b ? -1 : 1;
  const [numberA, numberB] = [BigInt(a), BigInt(b)];
  return numberA < numberB ? -1 : numberA > numberB ? 1 : 0;
}
