import { describe, expect, it } from 'vitest';
import {
  findCurrent,
  findLatest,
  findVersion,
  known,
  unknownArtifact,
  versionLabel,
} from '../../src/domain/find.js';
import { artifactName, stageName } from '../../src/domain/names.js';
import { churn, commit, refusal, snapshot } from '../support/builders.js';

const LINES = [
  'churn@v1.0.0 A 10',
  'churn@v2.0.0 B 20',
  'churn@v2.0.0! B 30',
  'churn#dev#1 C 40',
  'churn#dev!#2 C 50',
];

describe('finding', () => {
  it('an artifact that has events, or the nearest name', () => {
    expect(known(snapshot(LINES)).artifact.name).toBe('churn');
    const others = ['chrun', 'fraud'].map(artifactName);
    const error = refusal(() => known(snapshot([], { otherArtifacts: others })));
    expect(error).toMatchObject({ code: 'UNKNOWN_ARTIFACT', hint: "did you mean 'chrun'?" });
    expect(unknownArtifact(artifactName('churn'), [], false).hint).toBe(
      'register a first version with: reg register churn',
    );
  });

  it.each([
    [
      [],
      'get tags that may be missing here with: reg sync; or register a first version with: reg register churn',
    ],
    [['fraud'], 'there is fraud; get tags that may be missing here with: reg sync'],
    [['chrun'], "did you mean 'chrun'?"],
  ])('an artifact that a clone may lack, where there are %j', (others, hint) => {
    expect(unknownArtifact(artifactName('churn'), others.map(artifactName), true).hint).toBe(hint);
    const asked = snapshot([], { otherArtifacts: others.map(artifactName), mayLack: true });
    expect(refusal(() => known(asked)).hint).toBe(hint);
  });

  it('a version, active or not, or the nearest one', () => {
    expect(findVersion(churn(LINES), 'v2.0.0').active).toBe(false);
    const error = refusal(() => findVersion(churn(LINES), 'v1.0.1'));
    expect(error).toMatchObject({ code: 'UNKNOWN_VERSION', hint: "did you mean 'v1.0.0'?" });
  });

  it('a bare commit by the beginning of its id, when that is of one alone', () => {
    expect(findVersion(churn(LINES), commit('C')).id).toBe(commit('C'));
    expect(findVersion(churn(LINES), 'cccc').id).toBe(commit('C'));
    for (const id of ['ccc', 'cccd', 'aaaa', 'CCCC'])
      expect(refusal(() => findVersion(churn(LINES), id)).code, id).toBe('UNKNOWN_VERSION');
    const twice = churn(['churn#dev#1 C 10']);
    const near = { ...twice, versions: new Map([...twice.versions, ...nearTwin(twice)]) };
    expect(refusal(() => findVersion(near, 'cccc')).code).toBe('UNKNOWN_VERSION');
    expect(findVersion(near, `${'c'.repeat(39)}d`).id).toBe(`${'c'.repeat(39)}d`);
  });

  it('the latest version', () => {
    expect(findLatest(churn(LINES)).id).toBe('v1.0.0');
    expect(refusal(() => findLatest(churn(['churn#dev#1 C 10']))).code).toBe('UNKNOWN_VERSION');
  });

  it('the current version; an empty stage is another matter than an unknown one', () => {
    const [dev, prod] = [stageName('dev'), stageName('prod')];
    expect(findCurrent(churn(LINES.slice(0, -1)), dev).version.id).toBe(commit('C'));
    expect(refusal(() => findCurrent(churn(LINES), dev)).code).toBe('NOTHING_IN_STAGE');
    expect(refusal(() => findCurrent(churn(LINES), prod, [prod])).code).toBe('NOTHING_IN_STAGE');
    const error = refusal(() => findCurrent(churn(LINES), stageName('deb'), [prod]));
    expect(error).toMatchObject({ code: 'UNKNOWN_STAGE', hint: "did you mean 'dev'?" });
  });

  it('says what a version is', () => {
    expect(versionLabel('v1.0.0')).toBe('v1.0.0');
    expect(versionLabel(commit('A'))).toBe('commit aaaaaaaaaaaa');
  });
});

/** The bare commits of an artifact again, under ids that differ in the last digit. */
function nearTwin({ versions }: ReturnType<typeof churn>): Map<string, ReturnType<typeof findVersion>> {
  return new Map(
    [...versions.values()].map((version) => {
      const id = `${version.id.slice(0, -1)}d`;
      return [id, { ...version, id }];
    }),
  );
}
