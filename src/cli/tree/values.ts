import { parseTime } from '../../domain/time.js';
import { BadValue, type OptionSpec, option } from './spec.js';

/** Reads the value of an option that is a time. */
export const time = (text: string): Date => new Date(parseTime(text) * 1000);

/** Reads a whole number. */
export function count(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new BadValue('write a whole number.');
}

/** Reads a whole number, or -1 for all. */
export const countOrAll = (text: string): number => (text === '-1' ? -1 : count(text));

/** Reads the number of a port. */
export function port(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new BadValue('write a port, a number up to 65535.');
}

/** Reads a number of days. */
export function days(text: string): number {
  if (!/^\d+(\.\d+)?$/.test(text)) throw new BadValue('write a number of days.');
  return Number(text);
}

/** Adds `key=value` to what was given before. */
export function label(text: string, before: Record<string, string>): Record<string, string> {
  const equals = text.indexOf('=');
  if (equals < 1) throw new BadValue('write key=value.');
  return { ...before, [text.slice(0, equals)]: text.slice(equals + 1) };
}

/** Reads names with commas between them. */
export const names = (text: string): string[] => text.split(',');

/** The option of every command that answers as of a time. */
export const AT: OptionSpec = option(
  '--at <time>',
  'answer as of a time: 2026-05-03 or 2026-05-03T14:30:00Z',
  {
    parse: time,
  },
);
