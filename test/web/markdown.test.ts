import { expect, test } from 'vitest';
import { readMarkdown } from '../../src/site/markdown.js';
import type { CardNode } from '../../src/site/web/card-node.js';

const read = (text: string): CardNode[] => readMarkdown(text, (path) => `https://host.example/${path}`);
const inside = (text: string): readonly CardNode[] => {
  const [paragraph] = read(text);
  return typeof paragraph === 'object' ? paragraph.children : [];
};

test('headings begin below those of the page, and what hubs put before a card is left out', () => {
  expect(read('---\nlicense: mit\n---\n# Title\n\n##### Deep\n')).toEqual([
    { tag: 'h3', children: ['Title'] },
    { tag: 'h6', children: ['Deep'] },
  ]);
});

test('links lead to web addresses, relative ones to the git host, and others nowhere', () => {
  const link = (href: string): CardNode => ({ tag: 'a', href, children: ['x'] });
  expect(inside('[x](https://e.com/a)')).toEqual([link('https://e.com/a')]);
  expect(inside('[x](docs/data.md)')).toEqual([link('https://host.example/docs/data.md')]);
  expect(inside('[x][r]\n\n[r]: http://e.com')).toEqual([link('http://e.com')]);
  for (const address of [
    'javascript:alert(1)',
    'JAVASCRIPT:x',
    'data:text/html,x',
    'vbscript:x',
    '//e.com',
    '#here',
    '\\\\e.com\\x',
    'java&#115;cript:x',
  ])
    expect(inside(`[x](${address})`)).toEqual(['x']);
});

test('a picture is its description, HTML is the text in it, a comment is nothing', () => {
  expect(inside('![a cat](https://e.com/cat.png)')).toEqual(['a cat']);
  expect(inside('a <b onclick=x>bold</b> word')).toEqual(['a ', 'bold', ' word']);
  expect(read('<script>run()</script>\n')).toEqual(['run()']);
  expect(read('<!-- <script>run()</script> -->\n')).toEqual([]);
});

test('tables have a head and a body', () => {
  const cell = (tag: 'td' | 'th', text: string): CardNode => ({ tag, children: [text] });
  expect(read('| a |\n| - |\n| 1 |\n')).toEqual([
    {
      tag: 'table',
      children: [
        { tag: 'thead', children: [{ tag: 'tr', children: [cell('th', 'a')] }] },
        { tag: 'tbody', children: [{ tag: 'tr', children: [cell('td', '1')] }] },
      ],
    },
  ]);
});

test.each([
  ['quotes', '>'.repeat(150)],
  ['more quotes', '>'.repeat(60_000)],
  ['lists', '- '.repeat(90)],
  ['brackets', '['.repeat(20_000)],
  ['stars', '*_'.repeat(30_000)],
  ['paragraphs of stars', `${'*_'.repeat(700)}\n\n`.repeat(20)],
  ['openings', '<'.repeat(20_000)],
])('a card of nothing but %s ends soon, and is not deep', (_, text) => {
  const depth = (nodes: readonly CardNode[]): number =>
    Math.max(0, ...nodes.map((node) => (typeof node === 'string' ? 0 : 1 + depth(node.children))));
  expect(depth(read(text))).toBeLessThan(30);
});

test('a long card of a person is read', () => {
  const rows = `| my_model_name | **0.1** |\n`.repeat(900);
  expect(read(`# Title\n\n| a | b |\n| - | - |\n${rows}`)).toMatchObject([{ tag: 'h3' }, { tag: 'table' }]);
});
