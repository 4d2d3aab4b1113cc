import { expect, test } from 'vitest';
import {
  type Acceptance,
  acceptanceMessage,
  acceptanceOf,
  acceptedBy,
  isUseless,
  nextAcceptanceName,
  type Rewritten,
} from '../../src/domain/acceptance.js';
import { artifactName } from '../../src/domain/names.js';
import type { Policy } from '../../src/domain/policy.js';
import type { Signature } from '../../src/domain/signature.js';
import { commit, tag } from '../support/builders.js';

const oid = (digit: string): string => digit.repeat(40);
const PLACE: Rewritten = { event: oid('1'), parent: oid('2'), now: oid('3') };
const churn = artifactName('churn');

/** An acceptance by someone, which others cannot tell from a real one. */
function by(email: string, number: number, ...rewritten: Rewritten[]): Acceptance {
  const message = acceptanceMessage('why', rewritten.length === 0 ? [PLACE] : rewritten);
  const name = `reg/accept/churn/${number}`;
  const tagger = { name: 'Someone', email };
  const read = acceptanceOf({ name, oid: oid(`${number}`), commit: commit('A'), tagger, date: 10, message });
  if ('problem' in read) throw new Error(read.problem);
  return read;
}

test('a message is read as it was written', () => {
  const first: Rewritten = { event: oid('4'), parent: oid('5'), now: undefined };
  const why = 'A password was removed\n\nSee the wiki.\n-----BEGIN SSH SIGNATURE-----\n\nReg-Accept: nothing';
  const message = acceptanceMessage(why, [PLACE, first]);
  const read = acceptanceOf({ ...tag('reg/accept/models=churn/eu/12 A 10'), message });
  expect(read).toMatchObject({ artifact: 'models:churn/eu', number: 12, rewritten: [PLACE, first] });
  expect(read).toMatchObject({
    message: 'A password was removed\n\nSee the wiki.\n -----BEGIN SSH SIGNATURE-----',
  });
});

test.each([
  ['reg/accept/churn/x A 10', `Reg-Accept: ${oid('1')} ${oid('2')} none`, 'name'],
  ['reg/accept/churn/01 A 10', `Reg-Accept: ${oid('1')} ${oid('2')} none`, 'name'],
  ['reg/accept/1 A 10', `Reg-Accept: ${oid('1')} ${oid('2')} none`, 'name'],
  ['reg/accept/churn/1 A 10', 'Reg-Parent: x', 'trailers'],
  ['reg/accept/churn/1 A 10', `Reg-Accept: ${oid('1')} ${oid('2')}`, 'trailers'],
  ['reg/accept/churn/1 A 10', `Reg-Accept: ${oid('1')} ${oid('2')} none\nReg-Accept: all`, 'trailers'],
])('%s with %j is no acceptance', (line, trailers, problem) => {
  expect(acceptanceOf({ ...tag(line), message: `why\n\n${trailers}\n` })).toEqual({
    problem: expect.stringContaining(problem),
  });
});

test('nor is one under another name', () => {
  const read = acceptanceOf({ ...tag('reg/accept/churn/1 A 10'), ownName: 'reg/accept/fraud/1' });
  expect(read).toEqual({ problem: "its object calls itself 'reg/accept/fraud/1'" });
});

test.each([
  [[], 1],
  [['reg/accept/churn/1', 'reg/accept/churn/9', 'reg/accept/churn/eu/12', 'reg/accept/fraud/40'], 10],
  // too long for a number that is read
  [['reg/accept/churn/999999999999999', 'reg/accept/churn/2'], 3],
  // a folder of that name is taken too
  [['reg/accept/churn/3/1'], 4],
])('beside %j the next number is %i', (names, number) => {
  expect(nextAcceptanceName(churn, names)).toBe(`reg/accept/churn/${number}`);
});

const good = (signer: string): Signature => ({ verdict: 'good', signer, key: 'k' });
const TWO = {
  prod: { by: ['Ann@example.com'], signed: true },
  dev: { by: ['bo@example.com'] },
  qa: { after: 'dev' },
} as unknown as Policy;
const ANN = by('ann@example.com', 1);
const BO = by('bo@example.com', 2);
const EVE = by('eve@example.com', 3);

test.each<[string, Policy, Acceptance[], Record<string, Signature>, number]>([
  ['without a policy anyone accepts', {}, [EVE], {}, 1],
  ['a policy that names no one', { qa: { after: 'dev' } } as unknown as Policy, [EVE], {}, 1],
  ['one of two', TWO, [ANN], { [ANN.tagOid]: good('ann@example.com') }, 0],
  ['both', TWO, [ANN, BO], { [ANN.tagOid]: good('ann@example.com') }, 1],
  ['both, unsigned', TWO, [ANN, BO], {}, 0],
  ['signed by another', TWO, [ANN, BO], { [ANN.tagOid]: good('bo@example.com') }, 0],
  ['a bad signature', TWO, [ANN, BO], { [ANN.tagOid]: { verdict: 'bad', signer: null, key: null } }, 0],
  ['others', TWO, [EVE, BO], { [EVE.tagOid]: good('eve@example.com') }, 0],
])('%s', (_, policy, acceptances, signatures, count) => {
  expect(acceptedBy(policy, acceptances, new Map(Object.entries(signatures)))).toHaveLength(count);
});

test('two that accept different things do not add up', () => {
  const other = by('bo@example.com', 2, { ...PLACE, now: oid('9') });
  expect(acceptedBy(TWO, [ANN, other], new Map([[ANN.tagOid, good('ann@example.com')]]))).toEqual([]);
});

test('of one place the last acceptance holds, and none that does not count', () => {
  const moved = { ...PLACE, now: oid('8') };
  const later = by('bo@example.com', 10, moved);
  const only = { dev: { by: ['bo@example.com'] } } as unknown as Policy;
  expect(acceptedBy(only, [later, BO], new Map())).toMatchObject([moved]);
  expect(acceptedBy(only, [BO, by('eve@example.com', 11, moved)], new Map())).toMatchObject([PLACE]);
});

test('someone who may accept nothing does not bring an earlier acceptance back', () => {
  const moved = { ...PLACE, now: oid('8') };
  const only = { dev: { by: ['bo@example.com'] } } as unknown as Policy;
  const again = by('eve@example.com', 11, PLACE);
  expect(acceptedBy(only, [BO, by('bo@example.com', 10, moved), again], new Map())).toMatchObject([moved]);
});

test('someone who may change no stage is found', () => {
  expect(isUseless(TWO, BO, new Map())).toBe(false);
  expect(isUseless(TWO, ANN, new Map())).toBe(true);
  expect(isUseless(TWO, ANN, new Map([[ANN.tagOid, 'coming']]))).toBe(false);
  expect(isUseless({}, EVE, new Map())).toBe(false);
});
