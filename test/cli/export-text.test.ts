import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { csvRow } from '../../src/cli/render/csv.js';
import { yamlText } from '../../src/cli/render/yaml.js';
import { cases } from '../support/soak.js';

test.each<[cells: (string | null)[], text: string]>([
  [['a', 'b c', '', null], 'a,b c,,'],
  [['a,b', 'say "so"', 'two\nlines', 'two\r\nlines'], '"a,b","say ""so""","two\nlines","two\nlines"'],
  [[' begins and ends with spaces '], '" begins and ends with spaces "'],
  [['\x1b[31mred', '\u202etxt'], '\\u{1b}[31mred,\\u{202e}txt'],
])('%j', (cells, text) => {
  expect(csvRow(cells)).toEqual({ text: `${text}\r\n`, guarded: 0 });
});

test.each(['=1+1', '+1', '-1', '@SUM(A1)', ' =1+1', '\t=1+1', '\n=1+1', '＝1+1', "=cmd|' /C calc'!A0"])(
  'a formula gets a quote before it: %j',
  (cell) => {
    const { text, guarded } = csvRow(['a', cell]);
    expect(guarded).toBe(1);
    expect(text).toMatch(/^a,"?'/);
    expect(csvRow([cell], { raw: true })).toMatchObject({ guarded: 0 });
    expect(csvRow([cell], { raw: true }).text).not.toMatch(/^"?'/);
  },
);

test('cells read back as they were', () => {
  const cell = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', ' ', 'é', '=') });
  fc.assert(
    fc.property(fc.array(cell, { minLength: 2, maxLength: 4 }), (cells) => {
      const { text } = csvRow(cells, { raw: true });
      const read = [
        ...text
          .slice(0, -2)
          .concat(',')
          .matchAll(/("(?:[^"]|"")*"|[^",]*),/g),
      ].map(([, one = '']) => (one.startsWith('"') ? one.slice(1, -1).replaceAll('""', '"') : one));
      expect(read).toEqual(cells);
    }),
    { numRuns: cases(2_000) },
  );
});

// what YAML 1.1, which Kubernetes reads, takes for something else than a text
const ODD = [
  'yes',
  'No',
  'on',
  'y',
  '~',
  'null',
  '12:30',
  '1_000',
  '0o17',
  '017',
  '1e3',
  '.inf',
  '=',
  '<<',
  '2026-01-01',
  '',
  ' a',
  '#',
  'a: b',
  'a #b',
  '@a',
  '\x1b[31m',
  '\x9b31m',
  '\u202ea',
  'a\n b\n',
  '\n',
  '😀',
];
test.each(ODD)('a text stays a text in either version of YAML: %j', (text) => {
  const yaml = yamlText({ a: [text], b: { c: text } });
  for (const version of ['1.1', '1.2'] as const)
    expect(parse(yaml, { version })).toEqual({ a: [text], b: { c: text } });
  expect(yaml).toMatch(/^[\x20-\x7e\n]*$/);
});

test('what needs no quotes has none', () => {
  expect(yamlText({ kind: 'InferenceService', count: 1, run: 'a\nb\n' })).toBe(
    'kind: InferenceService\ncount: 1\nrun: |\n  a\n  b\n',
  );
});
