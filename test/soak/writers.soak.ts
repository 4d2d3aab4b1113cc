import { expect, test } from 'vitest';
import { makePlain } from '../e2e/registry.js';
import { sandbox } from '../support/repo.js';
import {
  allWrite,
  callLibrary,
  makeWriters,
  type Rounds,
  runPrograms,
  type Workplace,
} from '../support/writers.js';
import { expectOneJournal } from '../support/writers-audit.js';
import { numberFrom, printCampaign } from './figures.js';

const box = sandbox();
const CLIENTS = numberFrom('SOAK_CLIENTS', 64);
const ROUNDS = numberFrom('SOAK_ROUNDS', 100);

test.each<[number, number, Workplace, string, Rounds]>([
  [16, 20, 'a clone each', 'in one process', callLibrary],
  [16, 20, 'a clone each', 'a process for each write', runPrograms],
  [16, 20, 'a clone for two', 'a process for each write', runPrograms],
  [16, 20, 'a URL', 'a process for each write', runPrograms],
  [CLIENTS, ROUNDS, 'a clone each', 'a process for each write', runPrograms],
])('%i clients x %i rounds, with %s, %s', async (clients, rounds, workplace, how, run) => {
  const name = `${clients}-${rounds}-${workplace}-${how}`.replaceAll(' ', '-');
  makePlain(box, name, 'churn').git('clone', '--quiet', '--bare', '.', `${box.root}/${name}.git`);
  const remote = box.at(`${name}.git`);
  const writers = makeWriters(box, remote, clients, workplace);
  const campaign = await allWrite(box, remote, writers, rounds, run);
  printCampaign(`${clients} clients x ${rounds} rounds, with ${workplace}, ${how}`, campaign);
  expect(campaign.accepted.length).toBeGreaterThan(clients);
  await expectOneJournal(box, remote, campaign);
});
