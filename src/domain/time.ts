import { RegError } from '../errors.js';

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const MOMENT = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?$/;

/**
 * Reads a time as a person types it: ISO 8601, UTC unless it says otherwise; a date alone is the start of that day,
 * UTC (docs/specification.md, 5 Commands). Gives seconds since the epoch.
 * @throws RegError INVALID_TIME
 */
export function parseTime(text: string): number {
  const seconds = Date.parse(isoText(text)) / 1000;
  // Date.parse rolls 31 February over into March; a day that does not exist is a typing error
  const exists = text.startsWith(
    new Date(Date.parse(`${text.slice(0, 10)}T00:00Z`) || 0).toISOString().slice(0, 10),
  );
  if (Number.isNaN(seconds) || !exists)
    throw new RegError('INVALID_TIME', `'${text}' is not a time`, 'write 2026-05-03 or 2026-05-03T14:30:00Z');
  return seconds;
}

function isoText(text: string): string {
  if (DAY.test(text)) return `${text}T00:00:00Z`;
  const match = MOMENT.exec(text);
  if (match === null) return 'no time';
  return `${text.replace(' ', 'T')}${match[3] === undefined ? 'Z' : ''}`;
}

/** Writes seconds since the epoch as ISO 8601 in UTC, without fractions: `2026-05-03T14:30:00Z`. */
export function formatTime(seconds: number): string {
  const text = new Date(seconds * 1000).toISOString();
  return text.endsWith('.000Z') ? `${text.slice(0, -'.000Z'.length)}Z` : text;
}
