import { describe, expect, it } from 'vitest';
import {
  artifactName,
  artifactNameForTag,
  artifactNameFromTag,
  parseArtifactName,
  parseStageName,
  splitArtifactName,
  stageName,
} from '../../src/domain/names.js';
import { refusalCode } from '../support/builders.js';

const GOOD_NAMES = ['a', '7', 'churn', 'Churn', 'a-b_c', 'a/b', 'models/team-x/churn', 'a--__//b', 'x1'];
const BAD_NAMES = [
  '',
  '-a',
  'a-',
  '_a',
  'a_',
  '/a',
  'a/',
  'a.b',
  'a b',
  'é',
  'a\n',
  '\na',
  'a\u0000b',
  'a@b',
  'a#b',
  'a!',
];

describe('names (docs/specification.md, 1 Tags)', () => {
  it.each(GOOD_NAMES)('%j is a name, of an artifact and of a stage', (text) => {
    expect(parseArtifactName(text)).toBe(text);
    expect(artifactName(text)).toBe(text);
    expect(artifactNameFromTag(text)).toBe(text);
    expect(parseStageName(text)).toBe(text);
    expect(stageName(text)).toBe(text);
  });

  it.each(BAD_NAMES)('%j is no name', (text) => {
    expect(parseArtifactName(text)).toBeUndefined();
    expect(artifactNameFromTag(text)).toBeUndefined();
    expect(parseStageName(text)).toBeUndefined();
    expect(refusalCode(() => artifactName(text))).toBe('INVALID_NAME');
    expect(refusalCode(() => stageName(text))).toBe('INVALID_STAGE');
  });

  it.each([
    ['models:churn', 'models=churn', 'models', 'churn'],
    ['a/b.c-d_e:x/y', 'a/b.c-d_e=x/y', 'a/b.c-d_e', 'x/y'],
    ['../up:churn', '../up=churn', '../up', 'churn'],
    ['churn', 'churn', '', 'churn'],
  ])('%j is written %j in a tag', (shown, written, dir, base) => {
    expect(artifactNameForTag(artifactName(shown))).toBe(written);
    expect(artifactNameFromTag(written)).toBe(shown);
    expect(splitArtifactName(artifactName(shown))).toEqual({ dir, base });
  });

  it.each([':churn', 'models:', 'a:b:c', 'a b:churn', 'models=churn', 'é:churn', 'a:-b'])(
    '%j is not typed',
    (text) => {
      expect(parseArtifactName(text)).toBeUndefined();
    },
  );

  it.each(['=churn', 'models=', 'a=b=c', 'models:churn', 'a b=churn', 'a=-b'])('%j is not tagged', (text) => {
    expect(artifactNameFromTag(text)).toBeUndefined();
  });

  it('a stage has no folder', () => {
    expect(parseStageName('eu:prod')).toBeUndefined();
    expect(parseStageName('eu=prod')).toBeUndefined();
  });

  it('a hostile name costs little time', () => {
    const started = performance.now();
    expect(parseArtifactName(`${'a-'.repeat(200_000)}!`)).toBeUndefined();
    expect(performance.now() - started).toBeLessThan(1000);
  });
});
