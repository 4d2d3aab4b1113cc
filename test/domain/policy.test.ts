import { describe, expect, test } from 'vitest';
import { type Approval, approvalOf, encodeWho } from '../../src/domain/approval.js';
import type { Oid } from '../../src/domain/event.js';
import { stageName } from '../../src/domain/names.js';
import { type Facts, judge, type StagePolicy } from '../../src/domain/policy.js';
import type { Signature } from '../../src/domain/signature.js';
import { churn, commit, tag } from '../support/builders.js';

const NO_FACTS: Facts = { strays: new Map(), signatures: new Map(), approvals: [] };

/** What the last line violates of a policy for prod, each as `rule: message`. */
function violations(policy: StagePolicy, lines: readonly string[], facts: Partial<Facts> = {}): string[] {
  const artifact = churn(lines);
  const last = tag(lines.at(-1) ?? '').name;
  const event = artifact.events.find((one) => one.tag === last);
  if (event === undefined) throw new Error(`${last} is no event`);
  const found = judge({ [stageName('prod')]: policy }, artifact, event, { ...NO_FACTS, ...facts });
  return found.map(({ rule, message }) => `${rule}: ${message}`);
}

const A = 'churn@v1.0.0 A 10';
const B = 'churn@v1.1.0 B 20';

const after = { after: stageName('staging') };
const oidOf = (line: string): Oid => tag(line).oid;

describe('after: the version was in another stage before', () => {
  test.each<[string, string[], string[]]>([
    ['it was', [A, 'churn#staging#1 A 20 v1.0.0', 'churn#prod#2 A 30 v1.0.0'], []],
    [
      'it was, and is out of it again',
      [A, 'churn#staging#1 A 20 v1.0.0', 'churn#staging!#2 A 21 v1.0.0', 'churn#prod#3 A 30 v1.0.0'],
      [],
    ],
    ['a tag of gto without trailers', [A, 'churn#staging#1 A 20', 'churn#prod#2 A 30'], []],
    [
      'it never was',
      [A, 'churn#prod#1 A 30 v1.0.0'],
      ['after: churn v1.0.0 was never in staging, and prod takes only what was'],
    ],
    [
      'it came there only later, by a smaller date and a greater counter',
      [A, 'churn#staging#3 A 12 v1.0.0', 'churn#prod#2 A 30 v1.0.0'],
      ['after: churn v1.0.0 was never in staging, and prod takes only what was'],
    ],
    [
      'another version was',
      [A, B, 'churn#staging#1 A 20 v1.0.0', 'churn#prod#2 B 30 v1.1.0'],
      ['after: churn v1.1.0 was never in staging, and prod takes only what was'],
    ],
    [
      'another commit was, under the same version',
      [
        A,
        'churn#staging#1 A 20 v1.0.0',
        'churn@v1.0.0!#2 A 21',
        'churn@v1.0.0#3 B 22',
        'churn#prod#4 B 30 v1.0.0',
      ],
      ['after: churn v1.0.0 was never in staging, and prod takes only what was'],
    ],
    [
      'it was, and was deregistered since',
      [A, 'churn#staging#1 A 20 v1.0.0', 'churn@v1.0.0!#2 A 21', 'churn#prod#4 A 30 v1.0.0'],
      ['after: churn v1.0.0 was deregistered before churn#prod#4 put it into prod'],
    ],
    ['a stage without a policy', [A, 'churn#dev#1 A 30 v1.0.0'], []],
    [
      'a rollback to what was there',
      [A, B, 'churn#staging#1 A 20 v1.0.0', 'churn#prod#2 A 30', 'churn#prod#5 A 60'],
      [],
    ],
    ['a version that comes as a commit', ['churn#staging#1 A 20', 'churn#prod#2 A 30'], []],
  ])('%s', (_title, lines, expected) => expect(violations(after, lines)).toEqual(expected));
});

describe('branch: the commit is on it', () => {
  const strays = (...letters: string[]) => ({ strays: new Map([['main', new Set(letters.map(commit))]]) });
  test.each<[string, string[], Partial<Facts>, string[]]>([
    ['it is', [A, 'churn#prod#1 A 30 v1.0.0'], strays(), []],
    [
      'it is not',
      [A, 'churn#prod#1 A 30 v1.0.0'],
      strays('A'),
      ['branch: churn v1.0.0 is commit aaaaaaaaaaaa, which is not on main, and prod takes only what is'],
    ],
    [
      'nobody looked',
      [A, 'churn#prod#1 A 30 v1.0.0'],
      {},
      ['branch: churn v1.0.0 is commit aaaaaaaaaaaa, which is not on main, and prod takes only what is'],
    ],
    [
      'the tag is, and the version that it names is not',
      [A, B, 'churn#prod#1 A 30 v1.1.0'],
      strays('B'),
      [
        'commit: churn#prod#1 is at commit aaaaaaaaaaaa, and churn v1.1.0 is registered at bbbbbbbbbbbb',
        'branch: churn v1.1.0 is commit bbbbbbbbbbbb, which is not on main, and prod takes only what is',
      ],
    ],
    [
      'registered again elsewhere, while it is in the stage',
      [A, 'churn#prod#1 A 30 v1.0.0', 'churn@v1.0.0!#2 A 31', 'churn@v1.0.0#3 B 32'],
      strays('B'),
      ['branch: churn v1.0.0 is commit bbbbbbbbbbbb, which is not on main, and prod takes only what is'],
    ],
    [
      'registered again elsewhere, once it is out of the stage',
      [A, 'churn#prod#1 A 30', 'churn#prod!#2 A 31', 'churn@v1.0.0!#3 A 32', 'churn@v1.0.0#4 B 33'],
      strays('B'),
      [],
    ],
    ['an unassignment', [A, 'churn#prod#1 A 30', 'churn#prod!#2 A 31'], strays('A'), []],
  ])('%s', (_title, lines, facts, expected) =>
    expect(violations({ branch: 'main' }, lines, facts)).toEqual(expected),
  );
});

describe('by: only these people change the stage', () => {
  const lines = [A, 'churn#prod#1 A 30 v1.0.0'];
  const refused = ['by: ann@example.com may not change prod of churn'];
  test.each<[string, readonly string[], readonly string[], string[]]>([
    ['one of them', ['ann@example.com', 'bo@example.com'], lines, []],
    ['letter case', ['Ann@Example.com'], lines, []],
    ['another one', ['bo@example.com'], lines, refused],
    ['nobody', [], lines, refused],
    ['an unassignment', ['bo@example.com'], [...lines, 'churn#prod!#2 A 40'], refused],
    [
      'a deregistration of what is in the stage',
      ['bo@example.com'],
      [...lines, 'churn@v1.0.0! A 40'],
      refused,
    ],
    [
      'a deprecation while a version is in the stage',
      ['bo@example.com'],
      [...lines, 'churn@deprecated A 40'],
      ['by: ann@example.com may not change prod of churn'],
    ],
    [
      'a deprecation after that',
      ['bo@example.com'],
      [...lines, 'churn#prod!#4 A 40', 'churn@deprecated A 50'],
      [],
    ],
    [
      'a second deprecation',
      ['bo@example.com'],
      [...lines, 'churn@deprecated A 40', 'churn@deprecated#9 A 41'],
      [],
    ],
    ['a deregistration of what is not', ['bo@example.com'], [...lines, B, 'churn@v1.1.0! B 40'], []],
    ['a registration of what is not', ['bo@example.com'], [...lines, B], []],
    ['a name for the commit that is in the stage', ['bo@example.com'], ['churn#prod#1 A 5', A], []],
    [
      'a version that was assigned before it was there',
      ['bo@example.com'],
      ['churn#prod#1 A 5 v1.1.0', B],
      refused,
    ],
    [
      'a registration that brings back what was in the stage',
      ['bo@example.com'],
      [...lines, 'churn@v1.0.0! A 40', 'churn@v1.0.0#2 A 50'],
      refused,
    ],
  ])('%s', (_title, emails, told, expected) => expect(violations({ by: emails }, told)).toEqual(expected));
});

describe('signed: by the key of the tagger', () => {
  const line = 'churn#prod#1 A 30 v1.0.0';
  const signed = (signature: Signature | 'coming') => ({ signatures: new Map([[oidOf(line), signature]]) });
  const good = (signer: string): Signature => ({ verdict: 'good', signer, key: 'SHA256:abc' });
  test.each<[string, Partial<Facts>, string[]]>([
    ['one address', signed(good('ann@example.com')), []],
    ['one of several addresses', signed(good('ann@work.com,ann@example.com')), []],
    ['a domain', signed(good('*@example.com')), []],
    ['yet to be signed', signed('coming'), []],
    [
      'a domain without her',
      signed(good('!ann@example.com,*@example.com')),
      ['signed: churn#prod#1 is signed by !ann@example.com,*@example.com, and its tagger is ann@example.com'],
    ],
    [
      'by somebody else',
      signed(good('bo@example.com')),
      ['signed: churn#prod#1 is signed by bo@example.com, and its tagger is ann@example.com'],
    ],
    [
      'not right',
      signed({ verdict: 'bad', signer: null, key: null }),
      ['signed: churn#prod#1 has a signature that is not right'],
    ],
    [
      'a stranger',
      signed({ verdict: 'unknown', signer: null, key: 'SHA256:xyz' }),
      ['signed: churn#prod#1 is signed with a key that is not among the signers: SHA256:xyz'],
    ],
    ['not at all', {}, ['signed: churn#prod#1 is not signed, and prod asks for it']],
  ])('%s', (_title, facts, expected) =>
    expect(violations({ signed: true }, [A, line], facts)).toEqual(expected),
  );
});

const who = (email: string): string => encodeWho(email);

/** An approval of `email`, of v1.0.0 at commit A for prod at second 20, unless something else is said. */
function approval(
  email: string,
  other: Partial<{ name: string; commit: string; date: number }> = {},
): Approval {
  const made = approvalOf({
    name: other.name ?? `reg/approve/churn/v1.0.0/prod/${who(email)}`,
    oid: email,
    commit: other.commit ?? commit('A'),
    tagger: { name: 'Somebody', email },
    date: other.date ?? 20,
    message: 'Approve',
    signed: true,
  });
  if ('problem' in made) throw new Error(made.problem);
  return made;
}

describe('approvals: of others', () => {
  const lines = [A, 'churn#prod#1 A 30 v1.0.0'];
  const so = (count: number, from = '') => [
    `approvals: churn v1.0.0 has ${count} of 2 approvals for prod${from}`,
  ];
  const bo = approval('bo@example.com');
  const cy = approval('cy@example.com');
  test.each<[string, Approval[], string[]]>([
    ['two others', [bo, cy], []],
    ['none', [], so(0)],
    ['one', [bo], so(1, ', from bo@example.com')],
    ['the one who assigns does not count', [bo, approval('ANN@example.com')], so(1, ', from bo@example.com')],
    ['one person twice', [bo, approval('BO@example.com')], so(1, ', from BO@example.com')],
    [
      'of another version',
      [bo, approval('cy@example.com', { name: `reg/approve/churn/v1.1.0/prod/${who('cy@example.com')}` })],
      so(1, ', from bo@example.com'),
    ],
    [
      'for another stage',
      [bo, approval('cy@example.com', { name: `reg/approve/churn/v1.0.0/dev/${who('cy@example.com')}` })],
      so(1, ', from bo@example.com'),
    ],
    [
      'of another commit',
      [bo, approval('cy@example.com', { commit: commit('B') })],
      so(1, ', from bo@example.com'),
    ],
    ['by a clock that is a little ahead', [bo, approval('cy@example.com', { date: 300 })], []],
    ['after the fact', [bo, approval('cy@example.com', { date: 331 })], so(1, ', from bo@example.com')],
  ])('%s', (_title, approvals, expected) =>
    expect(violations({ approvals: 2 }, lines, { approvals })).toEqual(expected),
  );

  test('signed where the tag itself must be', () => {
    const good = (email: string): [Oid, Signature] => [email, { verdict: 'good', signer: email, key: 'k' }];
    const signatures = new Map<Oid, Signature | 'coming'>([
      [oidOf('churn#prod#1 A 30 v1.0.0'), 'coming'],
      good('bo@example.com'),
      ['cy@example.com', { verdict: 'good', signer: 'eve@example.com', key: 'k' }],
    ]);
    const facts = { approvals: [bo, cy], signatures };
    expect(violations({ approvals: 2, signed: true }, lines, facts)).toEqual(so(1, ', from bo@example.com'));
    signatures.set(...good('cy@example.com'));
    expect(violations({ approvals: 2, signed: true }, lines, facts)).toEqual([]);
  });

  describe('named by the assignment', () => {
    // the approvals of the builder have their address for an id
    const naming = (line: string, ...named: Approval[]): string =>
      [line, ...named.map(({ tagOid }) => `+${tagOid}`)].join(' ');
    const first = naming('churn#prod#1 A 30 v1.0.0', bo, cy);
    const dan = approval('dan@example.com');
    test.each<[string, string[], string[]]>([
      ['all that count', [first], []],
      [
        'an approval is dated later, and was there all the same',
        [naming('churn#prod#1 A -900 v1.0.0', bo, cy)],
        [],
      ],
      [
        'from the first such assignment on, others do not count, however they are dated',
        [first, naming('churn#prod#2 A 40 v1.0.0', bo)],
        [`${so(1, ', from bo@example.com')[0]}; 2 more that churn#prod#2 does not name`],
      ],
      [
        'an assignment that names none',
        [first, 'churn#prod#2 A 40 v1.0.0'],
        [`${so(0)[0]}; 3 more that churn#prod#2 does not name`],
      ],
      ['without such an assignment, what was there counts', ['churn#prod#2 A 40 v1.0.0'], []],
      [
        'a tag without a counter may have been dated before the first one',
        [first, 'churn#prod A 25 v1.0.0'],
        [`${so(0)[0]}; 3 more that churn#prod does not name`],
      ],
      [
        'a counter before that of the first one',
        [naming('churn#prod#3 A 50 v1.0.0', bo), 'churn#prod#2 A 40 v1.0.0'],
        [],
      ],
      [
        'what is named and gone does not count',
        ['churn#prod#1 A 30 v1.0.0 +eve@example.com'],
        [`${so(0)[0]}; 3 more that churn#prod#1 does not name`],
      ],
    ])('%s', (_title, assignments, expected) =>
      expect(violations({ approvals: 2 }, [A, ...assignments], { approvals: [bo, cy, dan] })).toEqual(
        expected,
      ),
    );
  });

  test('approvers: of those whom the policy names', () => {
    const approvals = [bo, cy];
    expect(violations({ approvals: 2, approvers: ['CY@example.com'] }, lines, { approvals })).toEqual(
      so(1, ', from cy@example.com'),
    );
    expect(violations({ approvals: 1, approvers: ['cy@example.com'] }, lines, { approvals })).toEqual([]);
  });
});
