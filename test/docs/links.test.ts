import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import type { Nodes } from 'mdast';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfmFromMarkdown } from 'mdast-util-gfm';
import { gfm } from 'micromark-extension-gfm';
import { expect, test } from 'vitest';

const ROOT = new URL('../../', import.meta.url);
const PAGES = [
  'README.md',
  ...readdirSync(new URL('docs/', ROOT))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** Everything in a page, however deep. */
function nodesIn(path: string): Nodes[] {
  const inside = (node: Nodes): Nodes[] => [
    node,
    ...('children' in node ? node.children.flatMap(inside) : []),
  ];
  const text = readFileSync(new URL(path, ROOT), 'utf8');
  return inside(fromMarkdown(text, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] }));
}

/** The pages, each read once. */
const TREES = new Map(PAGES.map((path) => [path, nodesIn(path)]));
const nodesOf = (path: string): Nodes[] => TREES.get(path) ?? [];

const textOf = (node: Nodes): string => {
  if ('value' in node) return node.value;
  return 'children' in node ? node.children.map(textOf).join('') : '';
};

/** What a heading is called in an address: small letters, no punctuation, dashes for spaces. */
const anchorsIn = (path: string): string[] =>
  nodesOf(path)
    .filter(({ type }) => type === 'heading')
    .map((heading) =>
      textOf(heading)
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    );

const isThere = (target: string): boolean => existsSync(new URL(target, ROOT));

test.each(PAGES)('what %s leads to is there', (page) => {
  const targets = nodesOf(page)
    .flatMap((node) => ('url' in node ? [node.url] : []))
    .filter((url) => !/^[a-z]+:/i.test(url));
  const broken = targets.filter((url) => {
    const [file = '', anchor] = url.split('#');
    const target = file === '' ? page : posix.join(posix.dirname(page), file);
    return !isThere(target) || (anchor !== undefined && !anchorsIn(target).includes(anchor));
  });
  expect(broken).toEqual([]);
});

test('a description says what is in each picture, and each document is named by the README', () => {
  const pictures = PAGES.flatMap(nodesOf).filter((node) => node.type === 'image');
  expect(pictures.length).toBeGreaterThan(0);
  expect(pictures.filter(({ alt }) => (alt ?? '') === '')).toEqual([]);
  const named = nodesOf('README.md').flatMap((node) => (node.type === 'link' ? [node.url] : []));
  expect(PAGES.slice(1).filter((page) => !named.includes(page))).toEqual([]);
});
