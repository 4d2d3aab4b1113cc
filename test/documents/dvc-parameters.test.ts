import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parameters, Unresolved } from '../../src/documents/dvc-parameters.js';
import { PythonNumber } from '../../src/documents/python-number.js';

const fixture = (name: string): Buffer =>
  readFileSync(new URL(`../../fixtures/dvc-parameters/${name}`, import.meta.url));

/** Values in the form of the fixtures. */
function recorded(value: unknown): unknown {
  if (value instanceof PythonNumber) return { number: value.text };
  if (Array.isArray(value)) return value.map(recorded);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, recorded(one)]));
}

test.each(['values.py', 'values.toml'])('%s has the values that DVC reads from it', (name) => {
  expect(recorded(parameters(fixture(name), name))).toEqual(JSON.parse(fixture(`${name}.json`).toString()));
});

test.each([
  ['a.toml', 'x = \n', /^a\.toml:1: /],
  ['a.toml', '\xff', /^a\.toml is not text in UTF-8$/],
])('%s that cannot be read says so: %j', (path, text, message) => {
  expect(() => parameters(Buffer.from(text, 'latin1'), path)).toThrow(Unresolved);
  expect(() => parameters(Buffer.from(text, 'latin1'), path)).toThrow(message);
});

test.each([
  'x = [1,',
  'x = "open',
  'class A',
  `x = ${'['.repeat(100_000)}`,
  'x = {1: 2, [3]: 4}',
  'x = "\\Uffffffff"',
  '\\\n',
])('what is not Python gives nothing, and reading it ends: %.20s', (text) => {
  expect(parameters(Buffer.from(text), 'a.py')).toEqual(text === 'class A' ? { A: {} } : {});
});

test.each([
  ['a.py', Array.from({ length: 5000 }, (_, depth) => `${' '.repeat(depth)}class A:`).join('\n')],
  ['a.json', '['.repeat(20_000) + ']'.repeat(20_000)],
  ['a.toml', `a${'.a'.repeat(20_000)} = 1`],
])('%s that is nested too deeply says so', (path, text) => {
  expect(() => parameters(Buffer.from(text), path)).toThrow(/^a\.\w+ is nested too deeply$/);
});

test('a long word of digits takes no time', () => {
  expect(parameters(Buffer.from(`y = ${'1'.repeat(200_000)}z`), 'a.py')).toEqual({});
}, 5000);
