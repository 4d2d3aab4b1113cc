import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type Counts, expectAllowed } from './support/allowed.js';

const ROOT = new URL('../', import.meta.url);

/** Words that a good manual page does without, or that belong to this project alone; names of things count too. */
const WORDS: Readonly<Record<string, RegExp>> = {
  whoever: /\bwhom?ever\b/g,
  nobody: /\bnobody\b/g,
  somebody: /\bsomebody\b/g,
  pasteFix: /\bmend(?:s|ed|ing)?\b/g,
  told: /\btold\b/g,
  said: /\bsaid\b/g,
  anew: /\banew\b/g,
  'in vain': /\bin vain\b/g,
  'for want of': /\bfor want of\b/g,
  'rests upon': /\brests? upon\b/g,
  'is none': /(?<!\bthere )\b(?:is|are) none\b/g,
  'of which': /\bof which\b/g,
  'what is … is': /\bwhat (?:is|are) [^.,;:]{1,40} (?:is|are)\b/g,
  'for (because)':
    /, for (?:(?!that|those|who|whoever|which|what|example|instance)[\w']+ ){1,4}(?:is|are|was|has|have|may|can|cannot|would|will|does|do|must|needs?|costs?|takes?)\b/g,
  ailment: /\bailments?\b/g,
  errand: /\berrands?\b/g,
  glance: /\bglances?\b/g,
  patience: /\bpatience\b/g,
  sketch: /\bsketch(?:es|book)?\b/g,
  witness: /\bwitness(?:es)?\b/g,
  'SPEC, DESIGN': /\bspec §|\bdesign\)/g,
};

/** A text in words: names are taken apart at their capitals, and a comment or sentence goes on over the end of a line. */
const wordsIn = (text: string): string =>
  text
    .replaceAll(/\s*\n\s*(?:\*(?!\/)|\/\/)?\s*/g, ' ')
    .replaceAll(/([a-z\d])([A-Z])/g, '$1 $2')
    .replaceAll(/[_-]/g, ' ')
    .toLowerCase();

const read = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8');
const filesIn = (folder: string, kind: RegExp): string[] =>
  readdirSync(new URL(folder, ROOT), { recursive: true, encoding: 'utf8' })
    .map((path) => `${folder}${path.replaceAll('\\', '/')}`)
    .filter((path) => kind.test(path));

/** The titles of tests in a file, as sentences: the text behind `test(`, or behind what `test.each` is called with. */
const titlesIn = (text: string): string =>
  [
    ...text.matchAll(
      /(?:\b(?:test|it|describe)(?:\.\w+)*|[\])`])\(\s*(['"`])((?:\\.|(?!\1).)*)\1\s*,\s*(?:async\b|\(|function\b|\w+ =>|\{)/g,
    ),
  ]
    .map(([, , title]) => title)
    .join('.\n');

/** What is read, by its path. */
function texts(): [path: string, text: string][] {
  const pages = ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', ...filesIn('docs/', /\.md$/)];
  const sources = filesIn('src/', /\.(?:tsx?|css)$/);
  const tests = filesIn('test/', /\.(?:test|soak|shots)\.ts$/).filter(
    (path) => path !== 'test/words.test.ts',
  );
  return [
    ...pages.filter((path) => existsSync(new URL(path, ROOT))).map((path) => [path, read(path)] as const),
    ...sources.map((path) => [path, `${path}\n${read(path)}`] as const),
    ...tests.map((path) => [path, titlesIn(read(path))] as const),
  ].map(([path, text]) => [path, wordsIn(text)]);
}

test('words are found in names, over line ends, and in titles', () => {
  const found = (word: string, text: string): number => wordsIn(text).match(WORDS[word] ?? /$/g)?.length ?? 0;
  expect(found('sketch', 'const firstSketch = sketchOf(x)')).toBe(2);
  expect(found('rests upon', '/**\n * what it rests\n * upon\n */')).toBe(1);
  expect(found('pasteFix', 'recommended amendments')).toBe(0);
  expect(found('is none', 'a tag that is none; where there is none')).toBe(1);
  expect(found('for (because)', 'kept, for it may be read; one, for example, is kept')).toBe(1);
  expect(found('for (because)', 'the hint, for those who can read')).toBe(0);
  expect(found('what is … is', 'what is read is kept')).toBe(1);
  expect(
    titlesIn("test('one', () => {\n expect('two', () => 1)})\ntest.each([1])('three', async (n) => {})"),
  ).toBe('one.\nthree');
});

test('the words that are not ours get fewer', () => {
  const counts: Record<string, Counts[string]> = {};
  for (const [path, text] of texts()) {
    const inside = Object.entries(WORDS).flatMap(([word, pattern]) => {
      const count = text.match(pattern)?.length ?? 0;
      return count === 0 ? [] : [[word, count] as const];
    });
    if (inside.length > 0) counts[path] = Object.fromEntries(inside);
  }
  expectAllowed('words-allowed.json', counts);
});
