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
  ['a.toml', '\xff', /^a\.toml is no text in UTF-8$/],
])('%s that cannot be read says so: %j', (path, text, message) => {
  expect(() => parameters(Buffer.from(text, 'latin1'), path)).toThrow(Unresolved);
  expect(() => parameters(Buffer.from(text, 'latin1'), path)).toThrow(message);
});

test.each(['x = [1,', 'x = "open', 'class A', `x = ${'['.repeat(100_000)}`, 'x = {1: 2, [3]: 4}', '\\\n'])(
  'what is not Python gives nothing, and reading it ends: %.20s',
  (text) => {
    expect(parameters(Buffer.from(text), 'a.py')).toEqual(text === 'class A' ? { A: {} } : {});
  },
);
