import { RegError } from '../errors.js';

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const MOMENT = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?$/;

const AGO = /^(\d{1,9})[ .](second|minute|hour|day|week|month|year)s?[ .]ago$/;

/** Seconds of the units that always last as long. */
const LENGTHS: Readonly<Record<string, number>> = {
  second: 1,
  minute: 60,
  hour: 3600,
  day: 86_400,
  week: 7 * 86_400,
};

/**
 * Reads a time as a person types it (docs/specification.md, 5 Commands): ISO 8601, UTC unless it says otherwise; a date, `today` and
 * `yesterday` are the start of that day, UTC; `now` and `2 days ago` are that instant. Gives seconds since the epoch.
 * @param now seconds since the epoch
 * @throws RegError INVALID_TIME
 */
export function parseTime(text: string, now: number): number {
  if (text === 'now') return now;
  const day = now - (((now % LENGTH_OF_DAY) + LENGTH_OF_DAY) % LENGTH_OF_DAY);
  if (text === 'today') return day;
  if (text === 'yesterday') return day - LENGTH_OF_DAY;
  const [, count, unit] = AGO.exec(text) ?? [];
  const moment = unit === undefined ? isoTime(text) : ago(Number(count), unit, now);
  // dates have limits
  if (moment !== undefined && Math.abs(moment) <= MOST_S) return moment;
  throw new RegError(
    'INVALID_TIME',
    `'${text}' is not a time`,
    "write 2026-05-03, 2026-05-03T14:30:00Z, now, today, yesterday or '2 days ago'",
  );
}

const LENGTH_OF_DAY = 86_400;
/** The last second that a date of JavaScript can be (ECMA-262, "Time Values and Time Range"). */
const MOST_S = 8.64e12;

/** So many units before now. A month ago is the same day of the month before, or its last one. */
function ago(count: number, unit: string, now: number): number {
  const length = LENGTHS[unit];
  if (length !== undefined) return now - count * length;
  const date = new Date(now * 1000);
  const months = date.getUTCFullYear() * 12 + date.getUTCMonth() - count * (unit === 'year' ? 12 : 1);
  const [year, month] = [Math.floor(months / 12), ((months % 12) + 12) % 12];
  const lastDay = new Date(0);
  lastDay.setUTCFullYear(year, month + 1, 0);
  date.setUTCFullYear(year, month, Math.min(date.getUTCDate(), lastDay.getUTCDate()));
  return date.getTime() / 1000;
}

/** Seconds since the epoch of an ISO 8601 text; undefined for any other. */
function isoTime(text: string): number | undefined {
  const seconds = Date.parse(isoText(text)) / 1000;
  // Date.parse rolls 31 February over into March; a day that does not exist is a typing error
  const exists = text.startsWith(
    new Date(Date.parse(`${text.slice(0, 10)}T00:00Z`) || 0).toISOString().slice(0, 10),
  );
  return Number.isNaN(seconds) || !exists ? undefined : seconds;
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
