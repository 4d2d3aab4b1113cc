import fc from 'fast-check';
import { expect, test } from 'vitest';
import { artifactPath, pathPart, rootOf, versionPath } from '../../src/site/web/site-path.js';

test.each([
  ['churn', 'churn'],
  ['models:churn', 'models_3achurn'],
  ['Churn', '_churn'],
  ['a_b', 'a__b'],
  ['a/b', 'a_2fb'],
  ['v1.0.0-RC.1+b', 'v1.0.0-_r_c.1_2bb'],
  ['con', '_63on'],
  ['aux.x', '_61ux.x'],
  ['console', 'console'],
])('%s is called %s', (name, expected) => {
  expect(pathPart(name)).toBe(expected);
});

const character = fc.constantFrom(...'aAbBcC_-/:.+=~09xX\u212a');
const name = fc.oneof(
  fc.array(character, { minLength: 1, maxLength: 12 }).map((all) => all.join('')),
  fc.constantFrom('con', 'CON', 'nul.x', 'com1'),
);

test('no two names share a path, also where letter case does not count', () => {
  fc.assert(
    fc.property(name, name, (one, other) => {
      fc.pre(one !== other);
      expect(pathPart(one).toLowerCase()).not.toBe(pathPart(other).toLowerCase());
    }),
    { numRuns: 2000 },
  );
});

test('every part of a path is safe and short enough for a file system, however long the name', () => {
  const long = `${'A/'.repeat(400)}z`;
  for (const part of artifactPath(long).split('/')) {
    expect(part.length).toBeLessThan(256);
    expect(part).toMatch(/^[a-z0-9._~-]+$/);
  }
});

test('a page finds the top of the site', () => {
  expect(rootOf('index.html')).toBe('');
  expect(rootOf(versionPath('churn', 'v1.0.0'))).toBe('../../../');
});
