import { describe, expect, it } from 'vitest';
import { FOREIGN, readYaml, STRICT, type YamlLimits } from '../../src/documents/yaml.js';
import { refusal } from '../support/builders.js';

const read = (text: string, limits: YamlLimits = STRICT) =>
  readYaml(Buffer.from(text), 'a.yaml', 'INVALID_LINK', limits);
const refused = (text: string, limits?: YamlLimits): string => refusal(() => read(text, limits)).message;

const TOO_LARGE = 'a.yaml:1: the file is larger than 65536 bytes';
const TOO_DEEP = 'a.yaml:1: it nests deeper than 32 levels';

const flow = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
const maps = (depth: number): string => `${'{a: '.repeat(depth)}x${'}'.repeat(depth)}`;
const dashes = (depth: number): string => '- '.repeat(depth);
const lines = (depth: number): string =>
  Array.from(
    { length: depth },
    (_, level) => `${' '.repeat(level)}a:${level === depth - 1 ? ' x' : ''}\n`,
  ).join('');

describe('size (docs/specification.md, 4 Link files and configuration)', () => {
  it('64 KiB are read, a byte more is not', () => {
    const text = `a: ${'x'.repeat(64 * 1024 - 3)}`;
    expect(read(text).document.get('a')).toHaveLength(64 * 1024 - 3);
    expect(refused(`${text}x`)).toBe(TOO_LARGE);
  });

  it('bytes count, not letters', () => {
    expect(refused('é'.repeat(32 * 1024 + 1))).toBe(TOO_LARGE);
  });
});

describe('nesting (docs/specification.md, 4 Link files and configuration)', () => {
  const SHAPES: [string, (depth: number) => string][] = [
    ['flow sequences', flow],
    ['flow mappings', maps],
    ['block sequences on a line', dashes],
    ['block mappings', lines],
  ];

  it.each(SHAPES)('32 levels of %s are read, 33 are not', (_what, shape) => {
    expect(read(shape(32)).document.errors).toEqual([]);
    expect(refused(shape(33))).toBe(TOO_DEEP);
  });

  it('many levels side by side are not deep', () => {
    expect(() => read(`${flow(5)}\n`.replace(/^/, '- ').repeat(500))).not.toThrow();
    expect(() => read('a: {b: [c]}\n'.replace('a', 'k').concat('x: [[[]]]\n'))).not.toThrow();
  });

  it('brackets in text are not nesting', () => {
    expect(() =>
      read(`a: "${'['.repeat(100)}"\nb: |\n  ${'['.repeat(100)}\n# ${'{'.repeat(100)}\n`),
    ).not.toThrow();
  });

  it.each(SHAPES.slice(0, 3))('100,000 levels of %s are refused', (_what, shape) => {
    expect(refused(shape(100_000), { ...FOREIGN, bytes: 10 ** 7 })).toBe(
      'a.yaml:1: it nests deeper than 64 levels',
    );
    expect(refused(shape(100_000))).toBe(TOO_LARGE);
  });

  it('200 indented levels are refused', () => {
    expect(refused(lines(200), FOREIGN)).toBe('a.yaml:1: it nests deeper than 64 levels');
  });
});
