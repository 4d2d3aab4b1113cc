import { describe, expect, it } from 'vitest';
import { parseTarget, parseVersionTarget, versionId } from '../../src/domain/target.js';
import { refusal, refusalCode } from '../support/builders.js';

const OID = '0123456789abcdef0123456789abcdef01234567';

describe('targets (docs/specification.md, 5 Commands)', () => {
  it.each([
    ['churn', { artifact: 'churn' }],
    ['models/v2:churn', { artifact: 'models/v2:churn' }],
    ['churn@v1.2.0', { artifact: 'churn', which: { kind: 'version', id: 'v1.2.0' } }],
    ['churn@1.2.0', { artifact: 'churn', which: { kind: 'version', id: 'v1.2.0' } }],
    ['churn@1.2.0-rc.1+b', { artifact: 'churn', which: { kind: 'version', id: 'v1.2.0-rc.1+b' } }],
    ['churn@latest', { artifact: 'churn', which: { kind: 'latest' } }],
    ['churn@greatest', { artifact: 'churn', which: { kind: 'latest' } }],
    ['llama-3.1-8b@v1.2.0', { artifact: 'llama-3.1-8b', which: { kind: 'version', id: 'v1.2.0' } }],
    ['a/b=churn@v1.2.0', { artifact: 'a/b:churn', which: { kind: 'version', id: 'v1.2.0' } }],
    ['a/b=churn#prod', { artifact: 'a/b:churn', which: { kind: 'stage', stage: 'prod' } }],
    ['churn@v1.2.0#7', { artifact: 'churn', which: { kind: 'version', id: 'v1.2.0' } }],
    ['a:churn@v1.2.0#7', { artifact: 'a:churn', which: { kind: 'version', id: 'v1.2.0' } }],
    ['churn#prod', { artifact: 'churn', which: { kind: 'stage', stage: 'prod' } }],
    ['churn#latest', { artifact: 'churn', which: { kind: 'stage', stage: 'latest' } }],
    ['a:b/c#eu/prod', { artifact: 'a:b/c', which: { kind: 'stage', stage: 'eu/prod' } }],
    [`churn@${OID}`, { artifact: 'churn', which: { kind: 'version', id: OID } }],
    ['churn@0123456', { artifact: 'churn', which: { kind: 'version', id: '0123456' } }],
  ])('%s', (text, target) => {
    expect(parseTarget(text)).toEqual(target);
  });

  it.each([
    ['', 'INVALID_NAME'],
    ['@v1.0.0', 'INVALID_NAME'],
    ['#prod', 'INVALID_NAME'],
    ['-churn', 'INVALID_NAME'],
    ['models=', 'INVALID_NAME'],
    ['churn ', 'INVALID_NAME'],
    ['churn@', 'INVALID_VERSION'],
    ['churn@v', 'INVALID_VERSION'],
    ['churn@1.2', 'INVALID_VERSION'],
    ['churn@012345', 'INVALID_VERSION'],
    ['churn@LATEST', 'INVALID_VERSION'],
    ['churn@v1.0.0!', 'INVALID_VERSION'],
    ['churn@v1.0.0!#3', 'INVALID_VERSION'],
    ['churn@deprecated', 'INVALID_VERSION'],
    ['churn@prod', 'INVALID_VERSION'],
    ['churn@v1.0.0@v2.0.0', 'INVALID_VERSION'],
    ['churn@v1.0.0#prod', 'INVALID_VERSION'],
    ['churn#', 'INVALID_STAGE'],
    ['churn#prod#1', 'INVALID_STAGE'],
    ['churn#prod@v1.0.0', 'INVALID_STAGE'],
    ['churn#prod!', 'INVALID_STAGE'],
  ])('%j: %s', (text, code) => {
    expect(refusalCode(() => parseTarget(text))).toBe(code);
  });

  it.each([
    ['churn@prod', "the version in a stage is written with #: 'churn#prod'"],
    ['churn@latst', "did you mean 'latest'?"],
    ['churn@greatst', "did you mean 'greatest'?"],
    ['churn#prod#3', "see which event it is, with: reg check-ref 'churn#prod#3'"],
    ['a:churn@deprecated', 'see which event it is, with: reg check-ref a=churn@deprecated'],
    ['churn@v1.0', 'write a SemVer such as v1.0.0'],
  ])('%s: a hint that leads on', (text, hint) => {
    expect(refusal(() => parseTarget(text)).hint).toBe(hint);
  });

  it('a version target is no stage', () => {
    expect(parseVersionTarget('churn@1.0.0')).toEqual(parseTarget('churn@v1.0.0'));
    expect(parseVersionTarget('churn@latest')).toEqual(parseTarget('churn@latest'));
    expect(parseVersionTarget('churn')).toEqual({ artifact: 'churn' });
    expect(refusalCode(() => parseVersionTarget('churn#prod'))).toBe('USAGE');
  });

  it('a commit id is what a version is not', () => {
    expect(versionId('1234567')).toBe('1234567');
    expect(versionId('1.2.3')).toBe('v1.2.3');
    expect(refusalCode(() => versionId('0'.repeat(65)))).toBe('INVALID_VERSION');
    expect(refusalCode(() => versionId('ABCDEF0'))).toBe('INVALID_VERSION');
  });
});
