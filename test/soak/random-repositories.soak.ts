import { expect, test } from 'vitest';
import { differences } from '../differential/compare.js';
import { disagreements } from '../differential/read-paths.js';
import { sandbox } from '../support/repo.js';
import { numberFrom } from './figures.js';

const box = sandbox();

test('the built program says of random repositories what the reference fold says', async () => {
  const seed = numberFrom('SOAK_SEED', Date.now() % 2 ** 31);
  console.log(`random repositories of seed ${seed}: SOAK_SEED=${seed} makes the same ones again`);
  const repositories = numberFrom('SOAK_REPOSITORIES', 300);
  expect(await differences(box, { repositories, seed })).toEqual([]);
});

test('damaged repositories have the answer of the reference whichever way they are read, or none', async () => {
  const seed = numberFrom('SOAK_SEED', Date.now() % 2 ** 31);
  console.log(`damaged repositories of seed ${seed}: SOAK_SEED=${seed} makes the same ones again`);
  const repositories = numberFrom('SOAK_REPOSITORIES', 300);
  expect(await disagreements(box, { repositories, seed })).toEqual([]);
});
