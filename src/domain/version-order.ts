import type { Version } from './version.js';

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
    for (; inA < a.length && isDigit(a.charCodeAt(inA)); inA += 1)
      numberA = numberA * 10 + a.charCodeAt(inA) - ZERO;
    for (; inB < b.length && isDigit(b.charCodeAt(inB)); inB += 1)
      numberB = numberB * 10 + b.charCodeAt(inB) - ZERO;
    if (numberA !== numberB) return numberA - numberB;
    // over the dot
    inA += 1;
    inB += 1;
  }
  const [preA, buildA] = restOf(a, inA - 1);
  const [preB, buildB] = restOf(b, inB - 1);
  // a pre-release comes before what it leads to, any build after none
  if ((preA === '') !== (preB === '')) return preA === '' ? 1 : -1;
  // what is left are zeros in front of a number of the build
  return compareWords(preA, preB) || compareWords(buildA, buildB) || (a < b ? -1 : 1);
}

const ZERO = 0x30;
const isDigit = (code: number): boolean => code >= ZERO && code <= 0x39;

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
