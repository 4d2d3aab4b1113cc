import { counted } from '../../util/text.js';

/** `2026-09-01T14:05:00Z` as people read it: `2026-09-01 14:05`. Times of a registry are UTC everywhere. */
export const shownTime = (time: string): string => `${time.slice(0, 10)} ${time.slice(11, 16)}`;

/** The day of a time. */
export const dayOf = (time: string): string => time.slice(0, 10);

const DAY = 86_400_000;

/** The start of a day, UTC, in milliseconds; NaN for what is no day, such as 2026-02-31. */
export function startOf(day: string): number {
  const start = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
  // Date.parse rolls 31 February over into March
  return Number.isNaN(start) || new Date(start).toISOString().slice(0, 10) !== day ? Number.NaN : start;
}

/** The month of a day: `2026-09`. */
export const monthOf = (day: string): string => day.slice(0, 7);

/** The months from one day to another, both included, oldest first. */
export function monthsBetween(from: string, to: string): string[] {
  const months: string[] = [];
  for (let month = monthOf(from); month <= monthOf(to); month = monthAfter(month)) months.push(month);
  return months;
}

/** The month that comes next. */
export const monthAfter = (month: string): string => monthOf(dayAfter(`${month}-28`, 4));

/** How many days one day is after another. */
export const daysBetween = (from: string, to: string): number =>
  Math.round((startOf(to) - startOf(from)) / DAY);

/** The day that is so many days after another. */
export const dayAfter = (day: string, days: number): string =>
  new Date(startOf(day) + days * DAY).toISOString().slice(0, 10);

/** How long it was from one moment to another, in the largest unit that says enough. */
export function shownSpan(from: number, to: number): string {
  const minutes = Math.max(0, Math.round((to - from) / 60_000));
  if (minutes < 120) return counted(minutes, 'minute');
  if (minutes < 48 * 60) return counted(Math.round(minutes / 60), 'hour');
  return counted(Math.round(minutes / (24 * 60)), 'day');
}
