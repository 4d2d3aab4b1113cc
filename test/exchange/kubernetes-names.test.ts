import fc from 'fast-check';
import { expect, test } from 'vitest';
import { artifactName } from '../../src/domain/names.js';
import { isObjectName, labelValue, objectName, type Revision } from '../../src/exchange/kubernetes-names.js';
import { anyArtifact, anyStage, anyVersion } from '../support/arbitraries.js';
import { cases } from '../support/soak.js';

const COMMIT = '4f0c12ab34de56789012345678901234567890ab';
const nameOf = (artifact: string, revision: Revision): string => objectName(artifactName(artifact), revision);

test.each<[artifact: string, revision: Revision, expected: string | RegExp]>([
  ['churn', { stage: 'prod' }, 'churn-prod'],
  ['churn', { version: 'v1.2.0' }, 'churn-v1-2-0'],
  ['churn', { commit: COMMIT }, 'churn-4f0c12ab34de'],
  ['cost-model', { stage: 'prod' }, 'cost-model-prod'],
  // letters are lost, or another revision could have the plain name
  ['models:churn', { stage: 'prod' }, /^models-churn-prod-[0-9a-f]{8}$/],
  ['Churn', { stage: 'prod' }, /^churn-prod-[0-9a-f]{8}$/],
  ['churn', { stage: 'prod-eu' }, /^churn-prod-eu-[0-9a-f]{8}$/],
  ['churn', { stage: '2' }, /^churn-2-[0-9a-f]{8}$/],
  ['churn', { version: 'v1.2.0-rc.1+b' }, /^churn-v1-2-0-rc-1-b-[0-9a-f]{8}$/],
  ['churn', { version: 'v1.0.20260101' }, /^churn-v1-0-20260101-[0-9a-f]{8}$/],
  ['churn', { stage: 'abcdef12' }, /^churn-abcdef12-[0-9a-f]{8}$/],
  ['7b', { stage: 'prod' }, /^m-7b-prod-[0-9a-f]{8}$/],
  ['a'.repeat(80), { stage: 'prod' }, /^a{30}-[0-9a-f]{8}$/],
  [`${'a'.repeat(29)}-b`, { stage: 'production' }, /^a{29}-[0-9a-f]{8}$/],
])('%s %j is %s', (artifact, revision, expected) => {
  expect(nameOf(artifact, revision)).toMatch(expected);
});

test('names that look alike differ', () => {
  const alike = [
    'models-churn',
    'models:churn',
    'models/churn',
    'models.churn',
    'models_churn',
    'Models-churn',
  ];
  expect(new Set(alike.map((name) => nameOf(name, { stage: 'prod' }))).size).toBe(alike.length);
  expect(nameOf('a-b', { stage: 'c' })).not.toBe(nameOf('a', { stage: 'b-c' }));
  expect(nameOf('churn', { stage: 'v1-2-0' })).not.toBe(nameOf('churn', { version: 'v1.2.0' }));
  expect(nameOf('churn', { stage: COMMIT.slice(0, 12) })).not.toBe(nameOf('churn', { commit: COMMIT }));
});

test('whatever is exported has a name that KServe takes, and no other has', () => {
  const revisions = fc.oneof(
    anyStage.map((stage): [string, Revision] => [`#${stage}`, { stage }]),
    anyVersion.map((version): [string, Revision] => [`@${version}`, { version }]),
  );
  const owners = new Map<string, string>();
  fc.assert(
    fc.property(anyArtifact, revisions, (artifact, [text, revision]) => {
      const name = objectName(artifact, revision);
      expect(isObjectName(name)).toBe(true);
      const owner = owners.get(name) ?? `${artifact}${text}`;
      expect(owner).toBe(`${artifact}${text}`);
      owners.set(name, owner);
    }),
    { numRuns: cases(5_000) },
  );
});

test.each([
  ['churn', 'churn'],
  ['v1.2.0-rc.1', 'v1.2.0-rc.1'],
  ['a'.repeat(63), 'a'.repeat(63)],
  ['v1.2.0+build', /^v1-2-0-build-[0-9a-f]{8}$/],
  ['models:churn', /^models-churn-[0-9a-f]{8}$/],
  ['a'.repeat(64), /^a{54}-[0-9a-f]{8}$/],
])('the label of %s is %s', (text, expected) => {
  expect(labelValue(text)).toMatch(expected);
  expect(labelValue(text)).toMatch(/^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/);
});
