import { expect, test } from 'vitest';
import { sandbox } from '../support/repo.js';
import { killMany, type Reach } from '../support/writers-killed.js';
import { makeRegistry } from './registry.js';

const box = sandbox();

// a thousand are for `npm run soak`
test.concurrent.each<[number, Reach]>([
  [4, 'in a clone'],
  [4, 'with --push'],
  [4, 'with --repo'],
])(
  '%i writes %s that were killed, alone or with all that they ran, leave nothing half-written and nothing in the way',
  async (kills, reach) => {
    const clone = makeRegistry(box, reach.replaceAll(' ', '-'), 'churn');
    const { late, stuck } = await killMany(box, clone, reach, kills);
    // the locks of a remote are its own: what is in the way there has to be removed there
    expect(stuck.filter(({ where }) => where !== 'at the remote')).toEqual([]);
    expect(late).toBeLessThan(kills);
  },
  900_000,
);
