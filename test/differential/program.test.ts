import { expect, test } from 'vitest';
import { sandbox } from '../support/repo.js';
import { cases } from '../support/soak.js';
import { differences } from './compare.js';

const box = sandbox();

test('the built program says of random repositories what the reference fold says', async () => {
  expect(await differences(box, { repositories: cases(12, 6), seed: 1 })).toEqual([]);
});
