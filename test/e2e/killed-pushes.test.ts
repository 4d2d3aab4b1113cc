import { expect, test } from 'vitest';
import { sandbox } from '../support/repo.js';
import { killMany, type Reach } from '../support/writers-killed.js';
import { makeRegistry } from './registry.js';

const box = sandbox();
const KILLS = 60;

test.concurrent.each<Reach>(['in a clone', 'with --push', 'with --repo'])(
  `${KILLS} writes %s that were killed with all that they ran leave nothing half-written and nothing in the way`,
  async (reach) => {
    const clone = makeRegistry(box, reach.replaceAll(' ', '-'), 'churn');
    const { late, stuck } = await killMany(box, clone, reach, KILLS);
    // the locks of a remote are its own: what is in the way there has to be removed there
    expect(stuck.filter(({ where }) => where !== 'at the remote')).toEqual([]);
    expect(late).toBeLessThan(KILLS);
  },
  900_000,
);
