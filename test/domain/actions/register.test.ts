import { describe, expect, it } from 'vitest';
import { type Bump, nextVersion, planRegister, type RegisterRequest } from '../../../src/domain/actions.js';
import { version } from '../../../src/domain/version.js';
import type { ErrorCode } from '../../../src/errors.js';
import { churn, commit, refusal, refusalCode, snapshot } from '../../support/builders.js';

const V1 = ['churn@v1.0.0 A 10'];

const registered = (lines: readonly string[], request: Partial<RegisterRequest> = {}): string[] =>
  planRegister(snapshot(lines), { commit: commit('F'), ...request }).tags.map(
    (tag) => `${tag.tagName} ${tag.of} ${tag.commit[0]?.toUpperCase()}`,
  );

describe('registering (docs/specification.md, 3 State)', () => {
  it.each<[string, string[], Partial<RegisterRequest>, string]>([
    ['the first version is v0.0.1', [], {}, 'churn@v0.0.1 v0.0.1 F'],
    [
      'a version that is asked for',
      [],
      { version: version('2.0.0-rc.1') },
      'churn@v2.0.0-rc.1 v2.0.0-rc.1 F',
    ],
    ['the next patch by default', V1, {}, 'churn@v1.0.1 v1.0.1 F'],
    ['the next minor', V1, { bump: 'minor' }, 'churn@v1.1.0 v1.1.0 F'],
    ['the next major', V1, { bump: 'major' }, 'churn@v2.0.0 v2.0.0 F'],
    ['a smaller version than the latest', V1, { version: version('0.5.0') }, 'churn@v0.5.0 v0.5.0 F'],
    [
      'a deregistered version again, counted',
      [...V1, 'churn@v1.0.0! A 20'],
      { version: version('1.0.0') },
      'churn@v1.0.0#1 v1.0.0 F',
    ],
    [
      'at a commit whose version was deregistered',
      [...V1, 'churn@v1.0.0! A 20'],
      { commit: commit('A'), version: version('2.0.0') },
      'churn@v2.0.0 v2.0.0 A',
    ],
    [
      'a second version at one commit, with force',
      V1,
      { commit: commit('A'), version: version('2.0.0'), force: true },
      'churn@v2.0.0 v2.0.0 A',
    ],
    ['a commit that was assigned bare', ['churn#dev#1 F 5'], {}, 'churn@v0.0.1 v0.0.1 F'],
  ])('%s', (_what, lines, request, tag) => {
    expect(registered(lines, request)).toEqual([tag]);
  });

  it.each<[string, string[], Partial<RegisterRequest>, ErrorCode]>([
    ['a version already registered', V1, { version: version('1.0.0') }, 'ALREADY_REGISTERED'],
    ['the same with force', V1, { version: version('1.0.0'), force: true }, 'ALREADY_REGISTERED'],
    [
      'a version registered again since',
      [...V1, 'churn@v1.0.0! A 20', 'churn@v1.0.0#1 B 30'],
      { version: version('1.0.0') },
      'ALREADY_REGISTERED',
    ],
    ['a second active version at one commit', V1, { commit: commit('A') }, 'COMMIT_TAKEN'],
  ])('refuses %s', (_what, lines, request, code) => {
    expect(refusalCode(() => registered(lines, request))).toBe(code);
  });

  it('says who registered it, when and where', () => {
    const error = refusal(() => registered(V1, { version: version('1.0.0') }));
    expect(error.message).toContain('Ann Lee registered it on 1970-01-01T00:00:10Z at aaaaaaaaaaaa');
  });
});

describe('registering where others write too', () => {
  const V1_AT_A = { version: version('1.0.0'), commit: commit('A') };
  const decide = (lines: readonly string[], request: RegisterRequest) =>
    planRegister(snapshot(lines, { shared: true }), request);

  it.each<[string, string[], RegisterRequest, string]>([
    ['the version at its commit', V1, V1_AT_A, 'churn@v1.0.0'],
    ['the same with force', V1, { ...V1_AT_A, force: true }, 'churn@v1.0.0'],
    ['the same with another message', V1, { ...V1_AT_A, message: 'Again' }, 'churn@v1.0.0'],
    ['not the latest version', [...V1, 'churn@v2.0.0 B 20'], V1_AT_A, 'churn@v1.0.0'],
    [
      'one of two versions at a commit',
      [...V1, 'churn@v2.0.0 A 20'],
      { ...V1_AT_A, version: version('2.0.0') },
      'churn@v2.0.0',
    ],
    [
      'a version registered again since',
      [...V1, 'churn@v1.0.0! A 20', 'churn@v1.0.0#1 A 30'],
      V1_AT_A,
      'churn@v1.0.0#1',
    ],
  ])('stands already: %s', (_what, lines, request, standing) => {
    const plan = decide(lines, request);
    expect(plan).toMatchObject({ tags: [], standing: { tag: standing } });
    expect(plan.note).toMatch(
      /^churn v\d\.0\.0 is already registered: Ann Lee .* at aaaaaaaaaaaa, as was asked$/,
    );
  });

  it.each<[string, string[], RegisterRequest, ErrorCode]>([
    ['the version at another commit', V1, { ...V1_AT_A, commit: commit('B') }, 'ALREADY_REGISTERED'],
    [
      'a version registered again since, elsewhere',
      [...V1, 'churn@v1.0.0! A 20', 'churn@v1.0.0#1 B 30'],
      V1_AT_A,
      'ALREADY_REGISTERED',
    ],
    ['another version at its commit', V1, { ...V1_AT_A, version: version('2.0.0') }, 'COMMIT_TAKEN'],
    ['the commit without a version', V1, { commit: commit('A') }, 'COMMIT_TAKEN'],
  ])('refuses %s', (_what, lines, request, code) => {
    expect(refusalCode(() => decide(lines, request))).toBe(code);
  });

  it.each<[string, string[], RegisterRequest, string]>([
    ['a new version', V1, { version: version('1.1.0'), commit: commit('B') }, 'churn@v1.1.0 B'],
    ['the next version', V1, { commit: commit('B') }, 'churn@v1.0.1 B'],
    ['a deregistered version', [...V1, 'churn@v1.0.0! A 20'], V1_AT_A, 'churn@v1.0.0#1 A'],
    ['a commit that was assigned bare', ['churn#dev#1 A 5'], V1_AT_A, 'churn@v1.0.0 A'],
  ])('registers %s', (_what, lines, request, tag) => {
    const { tags, standing } = decide(lines, request);
    expect(tags.map(({ tagName, commit: [letter] }) => `${tagName} ${letter?.toUpperCase()}`)).toEqual([tag]);
    expect(standing).toBeUndefined();
  });

  it('in a repository alone the same is refused', () => {
    expect(refusalCode(() => planRegister(snapshot(V1), V1_AT_A))).toBe('ALREADY_REGISTERED');
  });
});

describe('the next version', () => {
  it.each<[string[], Bump | undefined, string]>([
    [[], 'major', 'v1.0.0'],
    [[], undefined, 'v0.0.1'],
    [['churn@v1.9.9 A 1', 'churn@v1.10.0 B 2'], undefined, 'v1.10.1'],
    [['churn@v2.0.0-rc.1 A 1'], undefined, 'v2.0.0'],
    [['churn@v1.0.0 A 1', 'churn@v2.0.0 B 2', 'churn@v2.0.0! B 3'], undefined, 'v1.0.1'],
    [['churn@v1.0.0 A 1', 'churn@v1.0.1 B 2', 'churn@v1.0.1! B 3'], undefined, 'v1.0.2'],
    [['churn@v0.0.1 A 1', 'churn@v0.0.1! A 2'], undefined, 'v0.0.2'],
    [['churn#dev#1 A 1'], undefined, 'v0.0.1'],
  ])('after %j, %s raised: %s', (lines, bump, next) => {
    expect(nextVersion(churn(lines), { bump })).toBe(next);
  });

  const LINES = ['churn@v1.2.0 A 1', 'churn@v2.0.0 B 2'];
  it.each<[string[], Parameters<typeof nextVersion>[1], string]>([
    [LINES, { from: 'v1.2.0' }, 'v1.2.1'],
    [LINES, { from: '1.2.0', bump: 'minor' }, 'v1.3.0'],
    [LINES, { from: 'v1.2.0', bump: 'major' }, 'v3.0.0'],
    [LINES, { from: 'v1.2.0', bump: 'prerelease', preid: 'rc' }, 'v1.2.1-rc.0'],
    [LINES, { bump: 'prerelease', preid: 'rc' }, 'v2.0.1-rc.0'],
    [[...LINES, 'churn@v1.2.1 C 3', 'churn@v1.2.1! C 4'], { from: 'v1.2.0' }, 'v1.2.2'],
    [['churn@v1.2.1-rc.0 A 1'], { bump: 'prerelease', preid: 'rc' }, 'v1.2.1-rc.1'],
    [['churn@v1.2.1-rc.0 A 1'], { bump: 'release' }, 'v1.2.1'],
    [
      ['churn@v1.0.0 A 1', 'churn@v1.0.1-rc.0 B 2', 'churn@v1.0.1 C 3'],
      { from: 'v1.0.0', bump: 'prerelease', preid: 'rc' },
      'v1.0.2-rc.0',
    ],
    [[], { bump: 'prerelease', preid: 'rc' }, 'v0.0.1-rc.0'],
    [[], { bump: 'prerelease' }, 'v0.0.1-0'],
  ])('after %j, with %j: %s', (lines, request, next) => {
    expect(nextVersion(churn(lines), request)).toBe(next);
  });

  it.each<[Parameters<typeof nextVersion>[1], ErrorCode]>([
    [{ from: 'v1.3.0' }, 'UNKNOWN_VERSION'],
    [{ from: 'v1' }, 'INVALID_VERSION'],
    [{ bump: 'prerelease', preid: 'r c' }, 'INVALID_VERSION'],
    [{ bump: 'prerelease', preid: '' }, 'INVALID_VERSION'],
    [{ from: 'v2.0.0', bump: 'release' }, 'INVALID_VERSION'],
  ])('with %j is refused: %s', (request, code) => {
    expect(refusalCode(() => nextVersion(churn(LINES), request))).toBe(code);
  });

  it('a release that is out is not made again, and nothing is raised to what comes before it', () => {
    const lines = ['churn@v1.0.1-rc.0 A 1', 'churn@v1.0.1 B 2', 'churn@v1.1.0-rc.0 C 3'];
    const of = (request: Parameters<typeof nextVersion>[1]) =>
      refusalCode(() => nextVersion(churn(lines), request));
    expect(of({ from: 'v1.0.1-rc.0', bump: 'release' })).toBe('ALREADY_REGISTERED');
    expect(of({ bump: 'prerelease', preid: 'beta' })).toBe('INVALID_VERSION');
  });
});
