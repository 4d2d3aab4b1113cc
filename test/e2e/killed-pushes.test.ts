import { expect, test } from 'vitest';
import { sandbox } from '../support/repo.js';
import { killMany, type Reach } from '../support/writers-killed.js';
import { makeRegistry } from './registry.js';

const box = sandbox();

const REACHES: readonly Reach[] = ['in a clone', 'with --push', 'with --repo'];
/** Of each reach; one alone, and one with all that it ran. A thousand are for `npm run soak`. */
const KILLS = 2;

test('writes that were killed, alone or with all that they ran, leave nothing half-written and nothing in the way', async () => {
  const campaigns = await Promise.all(
    REACHES.map((reach) =>
      killMany(box, makeRegistry(box, reach.replaceAll(' ', '-'), 'churn'), reach, KILLS),
    ),
  );
  // the locks of a remote are its own: what is in the way there has to be removed there
  const stuck = campaigns.flatMap((damage) => damage.stuck);
  expect(stuck.filter(({ where }) => where !== 'at the remote')).toEqual([]);
  const late = campaigns.map((damage) => damage.late);
  expect(late.reduce((sum, count) => sum + count)).toBeLessThan(KILLS * REACHES.length);
}, 900_000);
