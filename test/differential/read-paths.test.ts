import { expect, test } from 'vitest';
import { sandbox } from '../support/repo.js';
import { disagreements } from './read-paths.js';

const box = sandbox();

test('damaged repositories have the answer of the reference whichever way they are read, or none', async () => {
  expect(await disagreements(box, { repositories: 6, seed: 1 })).toEqual([]);
});
