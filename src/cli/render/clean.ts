import { randomUUID } from 'node:crypto';

// C0 without tab and line feed, DEL, C1, and the marks that turn the direction of text around (UAX #9)
const UNSAFE = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Makes text that came from a repository safe for a terminal: what could steer it is shown as `\u{1b}`. */
export const clean = (text: string): string =>
  text.replaceAll(UNSAFE, (found) => `\\u{${found.codePointAt(0)?.toString(16)}}`);

/** The same for one line: a line break that came from a repository must not make a second one. */
export const cleanLine = (text: string): string =>
  clean(text).replaceAll(/[\t\n]/g, (found) => (found === '\t' ? '\\t' : '\\n'));

/** Anything but letters of ASCII with single spaces between them: nearly every cell is clean as it is. */
const SUSPICIOUS = /[^\x20-\x7e]|^ | $| {2}/;

/** The same for a cell of a table: one line, no tabs. */
export const cleanCell = (text: string): string =>
  SUSPICIOUS.test(text) ? clean(text.replaceAll(/\s+/g, ' ').trim()) : text;

/**
 * JSON of a value, indented or on one line; control characters that JSON leaves raw are escaped too. A bigint is a JSON number with all
 * its digits.
 */
export const cleanJson = (value: unknown, compact = false): string =>
  jsonText(value, compact).replaceAll(
    /[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** JSON with the digits of long integers, which no number of JavaScript holds. */
export function jsonText(value: unknown, compact = true): string {
  let mark: string | undefined;
  const text = JSON.stringify(
    value,
    (_, one: unknown) => {
      if (typeof one !== 'bigint') return one;
      // a text of a repository cannot know the mark
      mark ??= randomUUID();
      return `${mark}:${one}`;
    },
    compact ? undefined : 2,
  );
  return mark === undefined ? text : text.replaceAll(new RegExp(`"${mark}:(-?\\d+)"`, 'g'), '$1');
}
