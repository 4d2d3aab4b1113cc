import { expect, test } from 'vitest';
import { sandbox } from '../support/repo.js';
import { allWrite, makeWriters, type Workplace } from '../support/writers.js';
import { expectOneJournal } from '../support/writers-audit.js';
import { makeRegistry } from './registry.js';

const box = sandbox();
const WRITERS = 16;

test.each<[number, Workplace]>([
  // twenty rounds, and more clients, are for `npm run soak`: they take minutes
  [6, 'a clone each'],
  [1, 'a clone for two'],
  [1, 'a URL'],
])(
  `${WRITERS} processes write about one artifact at once, %i times, with %s`,
  async (rounds, workplace) => {
    const name = workplace.replaceAll(' ', '-');
    makeRegistry(box, name, 'churn').git('clone', '--quiet', '--bare', '.', `${box.root}/${name}.git`);
    const remote = box.at(`${name}.git`);
    const campaign = await allWrite(makeWriters(box, remote, WRITERS, workplace), rounds, remote);
    expect(campaign.accepted.length).toBeGreaterThan(WRITERS);
    await expectOneJournal(box, remote, campaign);
  },
  900_000,
);
