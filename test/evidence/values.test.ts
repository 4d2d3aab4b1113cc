import { describe, expect, test } from 'vitest';
import { isMetric, namedValues, plainValue, readValues, textOfValue } from '../../src/documents/values.js';
import { refusal } from '../support/builders.js';

const named = (text: string, path: string): [string, unknown, string][] =>
  namedValues(readValues(Buffer.from(text), path), isMetric).map(([name, value]) => [
    name,
    plainValue(value),
    textOfValue(value),
  ]);

describe('values as the tools of Python read them', () => {
  test.each<[path: string, text: string, expected: [string, unknown, string][]]>([
    [
      'm.json',
      '{"a": NaN, "b": -Infinity, "c": 1e400}',
      [
        ['a', 'NaN', 'NaN'],
        ['b', '-Infinity', '-Infinity'],
        ['c', 'Infinity', 'Infinity'],
      ],
    ],
    [
      'm.json',
      '{"n": 9007199254740993, "m": -1, "f": 1.0}',
      [
        ['n', 9007199254740993n, '9007199254740993'],
        ['m', -1, '-1'],
        ['f', 1, '1.0'],
      ],
    ],
    [
      'm.json',
      '{"a": {"b": {"c": true}}, "a.b": "x", "l": [1], "z": null}',
      [
        ['a.b.c', true, 'true'],
        ['a.b', 'x', 'x'],
      ],
    ],
    [
      'm.json',
      '{"a": 1, "__proto__": {"x": 2}, "constructor": 3, "a": 4}',
      [
        ['a', 4, '4'],
        ['__proto__.x', 2, '2'],
        ['constructor', 3, '3'],
      ],
    ],
    [
      'm.yaml',
      'a: 1_000\nb: .nan\nc: -.inf\nd: yes\ne: 0o17\nf: 017\ng: 1e3\nh: 12:30:45\n',
      [
        ['a', 1000, '1000'],
        ['b', 'NaN', 'NaN'],
        ['c', '-Infinity', '-Infinity'],
        ['d', 'yes', 'yes'],
        ['e', 15, '15'],
        ['f', 17, '17'],
        ['g', 1000, '1000.0'],
        ['h', '12:30:45', '12:30:45'],
      ],
    ],
    [
      'm.yaml',
      'base: &b {x: 1, y: 2}\nown:\n  <<: *b\n  y: 3\nown2: 1\nown2: 2\n__proto__: 5\n',
      [
        ['base.x', 1, '1'],
        ['base.y', 2, '2'],
        ['own.x', 1, '1'],
        ['own.y', 3, '3'],
        ['own2', 2, '2'],
        ['__proto__', 5, '5'],
      ],
    ],
    [
      'm.yml',
      'val/box_loss: 0.1\nmetrics/mAP50(B): 0.2\nn: 123456789012345678901\n',
      [
        ['val/box_loss', 0.1, '0.1'],
        ['metrics/mAP50(B)', 0.2, '0.2'],
        ['n', 123456789012345678901n, '123456789012345678901'],
      ],
    ],
    [
      'm.toml',
      'a = 1\n[b]\nc = inf\n',
      [
        ['a', 1, '1'],
        ['b.c', 'Infinity', 'Infinity'],
      ],
    ],
    [
      'params.py',
      'LR = 0.1\nclass T:\n    EPOCHS = 3\n',
      [
        ['LR', 0.1, '0.1'],
        ['T.EPOCHS', 3, '3'],
      ],
    ],
  ])('%s: %s', (path, text, expected) => {
    expect(named(text, path).sort()).toEqual([...expected].sort());
  });

  test.each([
    ['m.json', '{"a": 1,}'],
    ['m.json', '{"a": 01}'],
    ['m.json', '{"a" 1}'],
    ['m.json', '[1'],
    ['m.json', ''],
    ['m.json', '['.repeat(100_000)],
    ['m.json', '"\t"'],
    ['m.yaml', 'a: b: c'],
    ['m.yaml', `${'['.repeat(1000)}`],
    ['m.toml', 'a = '],
    ['m.yaml', '\u0000'],
  ])('%s that is broken is refused with its name: %s', (path, text) => {
    const { code, message } = refusal(() => readValues(Buffer.from(text), path));
    expect(code).toBe('INVALID_MODEL');
    expect(message).toContain(path);
  });

  test('a large file is refused before it is read', () => {
    expect(refusal(() => readValues(new Uint8Array(5 * 1024 * 1024), 'm.json')).message).toContain('at most');
  });
});
