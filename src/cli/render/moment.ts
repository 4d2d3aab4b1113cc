import type { World } from '../world.js';

const UNITS: readonly [Intl.RelativeTimeFormatUnit, seconds: number][] = [
  ['year', 365.25 * 86_400],
  ['month', 30.44 * 86_400],
  ['week', 7 * 86_400],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
];

/** A time as people say it on a terminal, `3 days ago`; ISO 8601 for everything else. */
export function moment(iso: string, { isTTY, now }: Pick<World, 'isTTY' | 'now'>): string {
  if (!isTTY) return iso;
  const seconds = (Date.parse(iso) - now()) / 1000;
  if (Number.isNaN(seconds)) return iso;
  const [unit, length] = UNITS.find(([, least]) => Math.abs(seconds) >= least) ?? ['second', 1];
  if (unit === 'second') return 'just now';
  return new Intl.RelativeTimeFormat('en').format(Math.trunc(seconds / length), unit);
}
