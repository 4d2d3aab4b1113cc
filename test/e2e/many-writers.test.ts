import { expect, test } from 'vitest';
import { sandbox } from '../support/repo.js';
import { allWrite, callLibrary, makeWriters, runPrograms, type Workplace } from '../support/writers.js';
import { expectOneJournal } from '../support/writers-audit.js';
import { makePlain } from './registry.js';

const box = sandbox();
const WRITERS = 5;

// more clients, and as many rounds of the program, are for `npm run soak`: they take minutes
test.each([
  [2, 'a clone each', callLibrary],
  [1, 'a clone for two', runPrograms],
  [1, 'a URL', runPrograms],
] as const)(
  `${WRITERS} processes write about one artifact at once, %i times, with %s`,
  async (rounds, workplace: Workplace, run) => {
    const name = workplace.replaceAll(' ', '-');
    makePlain(box, name, 'churn').git('clone', '--quiet', '--bare', '.', `${box.root}/${name}.git`);
    const remote = box.at(`${name}.git`);
    const writers = makeWriters(box, remote, WRITERS, workplace);
    const campaign = await allWrite(box, remote, writers, rounds, run);
    expect(campaign.accepted.length).toBeGreaterThan(WRITERS);
    await expectOneJournal(box, remote, campaign);
  },
  900_000,
);
