import { expect, test } from 'vitest';
import { makeRegistry } from '../e2e/registry.js';
import { sandbox } from '../support/repo.js';
import { allWrite, makeWriters, runPrograms, type Workplace } from '../support/writers.js';
import { expectOneJournal } from '../support/writers-audit.js';
import { numberFrom, printCampaign } from './figures.js';

const box = sandbox();
const CLIENTS = numberFrom('SOAK_CLIENTS', 64);
const ROUNDS = numberFrom('SOAK_ROUNDS', 100);

test.each<[number, number, Workplace]>([
  [16, 20, 'a clone each'],
  [16, 20, 'a clone for two'],
  [16, 20, 'a URL'],
  [CLIENTS, ROUNDS, 'a clone each'],
])('%i clients x %i rounds, with %s', async (clients, rounds, workplace) => {
  const name = `${clients}-${rounds}-${workplace}`.replaceAll(' ', '-');
  makeRegistry(box, name, 'churn').git('clone', '--quiet', '--bare', '.', `${box.root}/${name}.git`);
  const remote = box.at(`${name}.git`);
  const writers = makeWriters(box, remote, clients, workplace);
  const campaign = await allWrite(box, remote, writers, rounds, runPrograms);
  printCampaign(`${clients} clients x ${rounds} rounds, with ${workplace}`, campaign);
  expect(campaign.accepted.length).toBeGreaterThan(clients);
  await expectOneJournal(box, remote, campaign);
});
