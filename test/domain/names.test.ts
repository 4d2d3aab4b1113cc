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
import { refusal, refusalCode } from '../support/builders.js';

const GOOD_NAMES = ['a', '7', 'churn', 'Churn', 'a-b_c', 'a/b', 'models/team-x/churn', 'a--__//b', 'x1'];
const BAD_NAMES = [
  '',
  '-a',
  'a-',
  '_a',
  'a_',
  '/a',
  'a/',
  'a b',
  'é',
  'a\n',
  '\na',
  'a\u0000b',
  'a@b',
  'a#b',
  'a!',
];

/** A dot may be inside the name of an artifact, and in that of no stage. */
const DOTTED_NAMES = ['llama-3.1-8b', 'bert-v1.5', 'a.b', 'team/a.b', 'x.lock'];

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

  it.each(DOTTED_NAMES)('%j is a name of an artifact alone', (text) => {
    expect(parseArtifactName(text)).toBe(text);
    expect(artifactNameFromTag(text)).toBe(text);
    expect(parseStageName(text)).toBeUndefined();
  });

  it.each(['.a', 'a.', '.', '..', 'dir:.a', 'dir:a.'])('%j is no name', (text) => {
    expect(refusalCode(() => artifactName(text))).toBe('INVALID_NAME');
  });

  it('what a tag spells is typed as well', () => {
    expect(artifactName('teams/pricing=churn')).toBe('teams/pricing:churn');
    // a file or a key of that name declares nothing
    expect(parseArtifactName('teams/pricing=churn')).toBeUndefined();
  });

  it.each([
    ['my model', "'my model' is not an artifact name: it holds a space"],
    ['modèle', "'modèle' is not an artifact name: it holds 'è'"],
    ['a\u0000b', "'a\u0000b' is not an artifact name: it holds the character U+0000"],
    ['a\u200bb', "'a\u200bb' is not an artifact name: it holds the character U+200B"],
    ['churn!', "'churn!' is not an artifact name: it holds '!'"],
    ['_churn', "'_churn' is not an artifact name: it begins with '_'"],
    ['churn.', "'churn.' is not an artifact name: it ends in '.'"],
    ['', "'' is not an artifact name: it is empty"],
    [':churn', "':churn' is not an artifact name: its dir is empty"],
    ['a b:churn', "'a b:churn' is not an artifact name: its dir holds a space"],
    ['models:ch:urn', "'models:ch:urn' is not an artifact name: the part behind the dir holds ':'"],
  ])('%j: which character is wrong', (text, message) => {
    expect(refusal(() => artifactName(text)).message).toBe(message);
  });

  it.each([
    ['pre.prod', "'pre.prod' is not a stage name: it holds '.'"],
    ['prod-', "'prod-' is not a stage name: it ends in '-'"],
  ])('%j: which character of a stage is wrong', (text, message) => {
    expect(refusal(() => stageName(text)).message).toBe(message);
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
