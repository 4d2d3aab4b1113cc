import { expect, test } from 'vitest';
import { makeRegistry } from '../e2e/registry.js';
import { sandbox } from '../support/repo.js';
import { killMany, type Reach } from '../support/writers-killed.js';
import { numberFrom, printDamage } from './figures.js';

const box = sandbox();
const KILLS = numberFrom('SOAK_KILLS', 1000);

test.concurrent.each<[Reach, number]>([
  ['with --push', 0.5],
  ['in a clone', 0.25],
  ['with --repo', 0.25],
])('writes that are killed %s', async (reach, share) => {
  const clone = makeRegistry(box, reach.replaceAll(' ', '-'), 'churn');
  const damage = await killMany(box, clone, reach, Math.ceil(KILLS * share));
  printDamage(`killed ${reach}`, damage);
  expect(damage.stuck.filter(({ where }) => where !== 'at the remote')).toEqual([]);
});
