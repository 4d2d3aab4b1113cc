import { expect, it } from 'vitest';
import { timeoutOf } from '../../src/util/timeout.js';
import { refusal } from '../support/builders.js';

it.each([
  [undefined, 60],
  ['', 60],
  ['5', 5],
  ['0.5', 0.5],
  ['86400', 86_400],
])('REG_TIMEOUT=%s is %d seconds', (text, seconds) => {
  expect(timeoutOf({ REG_TIMEOUT: text })).toBe(seconds);
});

it.each(['0', '-1', '1e9', '86401', 'Infinity', 'abc', '5s', 'NaN', ' '])(
  'REG_TIMEOUT=%s is refused',
  (text) => {
    const { code, message } = refusal(() => timeoutOf({ REG_TIMEOUT: text }));
    expect(code).toBe('USAGE');
    expect(message).toContain(`'${text}'`);
  },
);
