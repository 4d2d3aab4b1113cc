import { expect, test } from 'vitest';
import { gto, gtoDifferences } from '../differential/gto.js';
import { sandbox } from '../support/repo.js';
import { numberFrom } from './figures.js';

const box = sandbox();

test.skipIf(gto === undefined)(
  'gto answers the same about random histories, whichever of the two wrote',
  async () => {
    const seed = numberFrom('SOAK_SEED', Date.now() % 2 ** 31);
    console.log(`random histories of seed ${seed}: SOAK_SEED=${seed} makes the same ones again`);
    const repositories = numberFrom('SOAK_GTO', 60);
    expect(await gtoDifferences(box, { repositories, seed })).toEqual([]);
  },
);
