import { expect, test } from 'vitest';
import { meantCommand } from '../../src/cli/table/hints.js';
import { readLine } from '../../src/cli/table/line.js';

test.each([
  ['which zoe#prod', 'reg which zoe prod'],
  ['assign zoe#prod --push', 'reg assign zoe prod'],
  ['assign zoe v0.0.1 prod', 'reg assign zoe@v0.0.1 prod'],
  ['approve zoe 1.0.0 prod -m Good', 'reg approve zoe@1.0.0 prod'],
  ['load zoe prod', "reg load 'zoe#prod'"],
  ['load zoe v1.0.0', 'reg load zoe@v1.0.0'],
  ['describe zoe latest', 'reg describe zoe@latest'],
  // what else it may be, nobody can tell
  ['which zoe', undefined],
  ['which zoe prod more', undefined],
  ['rollback zoe v1.0.0 prod', undefined],
  ['assign zoe one two', undefined],
  ['load zoe@v1.0.0 prod', undefined],
  ['load zoe .prod', undefined],
  ['load', undefined],
])('%s', (typed, command) => {
  expect(meantCommand(readLine(typed.split(' ')))).toBe(command);
});
