import { expect, test } from 'vitest';
import { sandbox } from '../support/repo.js';
import { gto, gtoDifferences } from './gto.js';

const box = sandbox();

test.skipIf(gto === undefined)('gto answers the same, whichever of the two wrote', async () => {
  expect(await gtoDifferences(box, { repositories: 2, seed: 1 })).toEqual([]);
});
