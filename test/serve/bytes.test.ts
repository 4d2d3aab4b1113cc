import { describe, expect, test } from 'vitest';
import { planAnswer } from '../../src/serve/bytes.js';

const SHA = 'a'.repeat(64);
const TAG = `"${SHA}"`;
const plan = (headers: Record<string, string>, { size = 10, method = 'GET', isEmptyWhole = false } = {}) => {
  const request = { method, header: (name: string) => headers[name] };
  const {
    status,
    headers: answer,
    range,
  } = planAnswer(request, { path: 'a', sha256: SHA, size }, { isEmptyWhole });
  return { status, length: answer['Content-Length'], range: answer['Content-Range'], bytes: range };
};

describe('one range of bytes', () => {
  test.each([
    ['bytes=0-0', 206, '1', 'bytes 0-0/10', { start: 0, end: 1 }],
    ['bytes=2-4', 206, '3', 'bytes 2-4/10', { start: 2, end: 5 }],
    ['bytes=4-', 206, '6', 'bytes 4-9/10', { start: 4, end: 10 }],
    ['bytes=0-', 206, '10', 'bytes 0-9/10', { start: 0, end: 10 }],
    ['bytes=8-100', 206, '2', 'bytes 8-9/10', { start: 8, end: 10 }],
    ['bytes=-3', 206, '3', 'bytes 7-9/10', { start: 7, end: 10 }],
    ['bytes=-100', 206, '10', 'bytes 0-9/10', { start: 0, end: 10 }],
    ['Bytes = 2 - 4 ', 206, '3', 'bytes 2-4/10', { start: 2, end: 5 }],
    ['bytes=10-', 416, '0', 'bytes */10', undefined],
    ['bytes=-0', 416, '0', 'bytes */10', undefined],
    ['bytes=99999999999999999999-', 416, '0', 'bytes */10', undefined],
  ])('%s', (range, status, length, header, bytes) => {
    expect(plan({ range })).toEqual({ status, length, range: header, bytes });
  });

  test.each([
    'bytes=',
    'bytes=-',
    'bytes=a-b',
    'bytes=4-2',
    'bytes=0-1,3-4',
    'bytes=-1-2',
    'bytes=1.5-2',
    'lines=0-1',
    '0-1',
    '',
  ])('%j asks for no range, and gets the whole file', (range) => {
    expect(plan({ range })).toEqual({
      status: 200,
      length: '10',
      range: undefined,
      bytes: { start: 0, end: 10 },
    });
  });

  test('HEAD has the size of the whole file, and no bytes', () => {
    expect(plan({ range: 'bytes=0-0' }, { method: 'HEAD' })).toEqual({
      status: 200,
      length: '10',
      range: undefined,
      bytes: undefined,
    });
  });

  test('an empty file has no part; a face may give it whole', () => {
    expect(plan({}, { size: 0 })).toMatchObject({ status: 200, length: '0', bytes: undefined });
    expect(plan({ range: 'bytes=0-0' }, { size: 0 })).toMatchObject({ status: 416, range: 'bytes */0' });
    expect(plan({ range: 'bytes=0-0' }, { size: 0, isEmptyWhole: true })).toMatchObject({
      status: 200,
      length: '0',
      range: 'bytes */0',
      bytes: undefined,
    });
  });
});

describe('conditions', () => {
  test.each([
    [{ 'if-match': TAG }, 200],
    [{ 'if-match': `"x", ${TAG}` }, 200],
    [{ 'if-match': '*' }, 200],
    [{ 'if-match': SHA }, 200],
    [{ 'if-match': `W/${TAG}` }, 412],
    [{ 'if-match': '"x"' }, 412],
    [{ 'if-match': '"x"', range: 'bytes=0-1' }, 412],
    [{ 'if-none-match': TAG }, 304],
    [{ 'if-none-match': `W/${TAG}` }, 304],
    [{ 'if-none-match': '"x"' }, 200],
    [{ 'if-range': TAG, range: 'bytes=0-1' }, 206],
    [{ 'if-range': '"x"', range: 'bytes=0-1' }, 200],
    [{ 'if-range': 'Thu, 01 Jan 2026 00:00:00 GMT', range: 'bytes=0-1' }, 200],
  ])('%j → %i', (headers, status) => {
    expect(plan(headers as Record<string, string>).status).toBe(status);
  });
});
