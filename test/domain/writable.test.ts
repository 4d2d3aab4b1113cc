import { describe, expect, it } from 'vitest';
import { artifactStateOf } from '../../src/domain/artifact.js';
import { artifactName, stageName } from '../../src/domain/names.js';
import { refuseOtherCase, refuseUnwritableName, refuseUnwritableStage } from '../../src/domain/writable.js';
import { refusal, refusalCode, snapshot } from '../support/builders.js';

const named = (name: string, others: string[] = [], tagNames: string[] = []) =>
  snapshot([], {
    artifact: artifactStateOf(artifactName(name), []),
    otherArtifacts: others.map(artifactName),
    tagNames: new Set(tagNames),
  });

describe('writing is stricter than reading (docs/specification.md, 1 Tags)', () => {
  it.each(['churn', 'a/b/c', 'models/v2:churn', 'a.b-c_d:x', 'A/b:c/d'])('%s may be written', (name) => {
    expect(() => refuseUnwritableName(artifactName(name))).not.toThrow();
  });

  it.each([
    'a//b',
    '.hidden:churn',
    'a/.hidden:churn',
    '../up:churn',
    'a..b:churn',
    '/abs:churn',
    'a.lock/b:churn',
    './a:b',
  ])('%s is no name for git', (name) => {
    expect(refusalCode(() => refuseUnwritableName(artifactName(name)))).toBe('INVALID_NAME');
  });

  it('a new name may not differ from an existing one by letter case alone', () => {
    const error = refusal(() => refuseOtherCase(named('Churn', ['fraud', 'churn'])));
    expect(error.code).toBe('NAME_CASE');
    expect(error.message).toContain("'churn'");
    expect(refusalCode(() => refuseOtherCase(named('A:churn', ['a:Churn'])))).toBe('NAME_CASE');
  });

  it('an artifact that already is there may', () => {
    expect(() => refuseOtherCase(named('Churn', ['churn'], ['Churn@v1.0.0']))).not.toThrow();
    expect(() => refuseOtherCase(named('churn', ['churn', 'churn2']))).not.toThrow();
  });

  it('a stage has no slash', () => {
    const error = refusal(() => refuseUnwritableStage(stageName('eu/prod'), snapshot([])));
    expect(error).toMatchObject({ code: 'INVALID_STAGE', hint: 'write eu-prod instead' });
  });

  it('a stage is one of those that the configuration lists', () => {
    const known = snapshot([], { stages: ['dev', 'prod'].map(stageName) });
    expect(() => refuseUnwritableStage(stageName('prod'), known)).not.toThrow();
    const error = refusal(() => refuseUnwritableStage(stageName('prd'), known));
    expect(error).toMatchObject({ code: 'UNKNOWN_STAGE', hint: "did you mean 'prod'?" });
    expect(refusalCode(() => refuseUnwritableStage(stageName('dev'), snapshot([], { stages: [] })))).toBe(
      'UNKNOWN_STAGE',
    );
  });
});
