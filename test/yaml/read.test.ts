import { describe, expect, it } from 'vitest';
import { FOREIGN, readYaml, STRICT } from '../../src/documents/yaml.js';
import { refusal } from '../support/builders.js';

const read = (text: string, limits = STRICT) =>
  readYaml(Buffer.from(text), 'a.yaml', 'INVALID_CONFIG', limits);
const refused = (text: string): string => refusal(() => read(text)).message;

describe('what a YAML file may not hold (docs/specification.md, 4 Link files and configuration)', () => {
  it.each([
    ['an alias', 'a: &x 1\nb: *x\n', 'a.yaml:2: aliases are not allowed'],
    ['an alias of nothing', 'a: *x\n', 'a.yaml:1: '],
    ['a repeated key', 'a: 1\nb: 2\na: 3\n', "a.yaml:3: the key 'a' is repeated"],
    ['a repeated key, deeper', 'a:\n  b: 1\n  "b": 2\n', "a.yaml:3: the key 'b' is repeated"],
    ['a repeated key in flow', 'x: {a: 1, a: 2}\n', "a.yaml:1: the key 'a' is repeated"],
    ['an open bracket', 'a: 1\nb: [1,\n', 'a.yaml:3: '],
    ['a tab as indentation', 'a:\n\tb: 1\n', 'a.yaml:2: '],
    ['a second document', 'a: 1\n---\nb: 2\n', 'a.yaml:2: '],
  ])('%s', (_what, text, message) => {
    expect(refused(text)).toContain(message);
    expect(refusal(() => read(text)).code).toBe('INVALID_CONFIG');
  });

  it('aliases of other tools’ files are counted when their values are', () => {
    const { document } = read('a: &x 1\nb: *x\n', FOREIGN);
    expect(document.toJS({ maxAliasCount: FOREIGN.aliases })).toEqual({ a: 1, b: 1 });
  });

  it('many keys cost little time', () => {
    const text = Array.from({ length: 20_000 }, (_, index) => `k${index}: 1\n`).join('');
    const started = performance.now();
    expect(refused(`${text.slice(0, 60_000)}\nk1: 2\n`)).toContain("the key 'k1' is repeated");
    expect(performance.now() - started).toBeLessThan(3000);
  });
});

describe('lines', () => {
  const { lineOf } = read('# first\na:\n  b: 1\n\n  c:\n    - d\n');

  it.each([
    [['a'], 2],
    [['a', 'b'], 3],
    [['a', 'c'], 5],
    [['a', 'missing'], 2],
    [['a', 'b', 'missing'], 3],
  ])('%j is on line %d', (path, line) => {
    expect(lineOf(path)).toBe(line);
  });

  it('of an empty file there is the first', () => {
    expect(read('').lineOf(['a'])).toBe(1);
  });
});
