import { describe, expect, it } from 'vitest';
import { formatTime, parseTime } from '../../src/domain/time.js';
import { refusalCode } from '../support/builders.js';

/** A moment of a leap year, at the end of a month. */
const NOW = Date.parse('2024-03-31T14:30:07Z') / 1000;

describe('times (docs/specification.md, 5 Commands)', () => {
  it.each([
    ['2026-05-03', '2026-05-03T00:00:00Z'],
    ['1970-01-01', '1970-01-01T00:00:00Z'],
    ['1969-12-31T23:59:59Z', '1969-12-31T23:59:59Z'],
    ['2024-02-29', '2024-02-29T00:00:00Z'],
    ['2026-05-03T14:30', '2026-05-03T14:30:00Z'],
    ['2026-05-03 14:30', '2026-05-03T14:30:00Z'],
    ['2026-05-03T14:30:07', '2026-05-03T14:30:07Z'],
    ['2026-05-03T14:30:07Z', '2026-05-03T14:30:07Z'],
    ['2026-05-03T14:30:07+02:00', '2026-05-03T12:30:07Z'],
    ['2026-05-03T14:30:07+0200', '2026-05-03T12:30:07Z'],
    ['2026-05-03T14:30-05:30', '2026-05-03T20:00:00Z'],
    ['2026-05-03T23:30-05:00', '2026-05-04T04:30:00Z'],
  ])('%s is %s', (text, same) => {
    expect(formatTime(parseTime(text, NOW))).toBe(same);
  });

  it.each([
    ['now', '2024-03-31T14:30:07Z'],
    ['today', '2024-03-31T00:00:00Z'],
    ['yesterday', '2024-03-30T00:00:00Z'],
    ['90 seconds ago', '2024-03-31T14:28:37Z'],
    ['1 minute ago', '2024-03-31T14:29:07Z'],
    ['3 hours ago', '2024-03-31T11:30:07Z'],
    ['2 days ago', '2024-03-29T14:30:07Z'],
    ['2.days.ago', '2024-03-29T14:30:07Z'],
    ['0 days ago', '2024-03-31T14:30:07Z'],
    ['1 week ago', '2024-03-24T14:30:07Z'],
    ['1 month ago', '2024-02-29T14:30:07Z'],
    ['15 months ago', '2022-12-31T14:30:07Z'],
    ['2 years ago', '2022-03-31T14:30:07Z'],
  ])('%s is %s, by the clock that is given', (text, same) => {
    expect(formatTime(parseTime(text, NOW))).toBe(same);
  });

  it('no date is so long ago', () => {
    expect(refusalCode(() => parseTime('999999999 years ago', NOW))).toBe('INVALID_TIME');
    expect(formatTime(parseTime('today', -1))).toBe('1969-12-31T00:00:00Z');
  });

  it('counts seconds, fractions too', () => {
    expect(parseTime('1970-01-02', NOW)).toBe(86_400);
    expect(parseTime('1970-01-01T00:00:01.5Z', NOW)).toBe(1.5);
  });

  it.each([
    ...[
      '',
      'tomorrow',
      'Today',
      'days ago',
      '2 days',
      '-2 days ago',
      '1.5 days ago',
      '2  days ago',
      '2 fortnights ago',
      '2026',
      '2026-05',
      '20260503',
      '2026-5-3',
      '03.05.2026',
      '05/03/2026',
      '1777777777',
    ],
    ...['2026-02-30', '2026-02-29', '2026-13-01', '2026-00-10', '2026-01-32', '2026-02-31T10:00:00Z'],
    ...['2026-05-03T', '2026-05-03T14', '2026-05-03T25:00', '2026-05-03T14:60', '2026-05-03T14:30:61Z'],
    ...[
      '2026-05-03T14:30:00 Z',
      ' 2026-05-03',
      '2026-05-03\n',
      '2026-05-03T14:30:00ZZ',
      '+2026-05-03',
      '-2026-05-03',
    ],
  ])('%j is no time', (text) => {
    expect(refusalCode(() => parseTime(text, NOW))).toBe('INVALID_TIME');
  });
});
