import { clean } from './clean.js';

/**
 * What spreadsheets take for the beginning of a formula (OWASP, "CSV Injection"). They drop spaces before it, and read the full-width signs
 * as the plain ones.
 */
const FORMULA = /^\s*[=+\-@\uff0b\uff0d\uff1d\uff20]|^[\t\n]/;

/** A row of CSV, and how many cells were changed. */
export interface CsvRow {
  text: string;
  guarded: number;
}

/**
 * A row of CSV (RFC 4180), with CRLF at its end. A cell that a spreadsheet would run as a formula gets a `'` before it, unless `raw`;
 * control characters that came from a repository are shown as `\u{1b}`.
 */
export function csvRow(cells: readonly (string | null)[], { raw = false } = {}): CsvRow {
  let guarded = 0;
  const shown = cells.map((cell) => {
    const text = clean((cell ?? '').replaceAll('\r\n', '\n'));
    if (raw || !FORMULA.test(text)) return quoted(text);
    guarded += 1;
    return quoted(`'${text}`);
  });
  return { text: `${shown.join(',')}\r\n`, guarded };
}

const quoted = (text: string): string =>
  /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
