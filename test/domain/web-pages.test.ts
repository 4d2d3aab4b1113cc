import { expect, test } from 'vitest';
import { webPages } from '../../src/domain/web-pages.js';

test.each([
  ['github.com', 'o/r', 'https://github.com/o/r/releases/tag/churn%23prod%233'],
  ['github.example.com', 'o/r', 'https://github.example.com/o/r/releases/tag/churn%23prod%233'],
  ['gitlab.com', 'team/sub/r', 'https://gitlab.com/team/sub/r/-/tags/churn%23prod%233'],
  ['gitlab.example.com', 'team/r', 'https://gitlab.example.com/team/r/-/tags/churn%23prod%233'],
  ['my-gitlab.example.com', 'team/r', 'https://my-gitlab.example.com/team/r/-/tags/churn%23prod%233'],
  ['bitbucket.org', 'o/r', 'https://bitbucket.org/o/r/commits/tag/churn%23prod%233'],
])('the page of a tag at %s', (host, path, url) => {
  expect(webPages(host, path)?.tag('churn#prod#3')).toBe(url);
});

test.each(['example.com', 'notgithub.com', 'gitlabx.com', ''])('%s has no pages', (host) => {
  expect(webPages(host, 'o/r')).toBeUndefined();
});

test('a slash in a name stays one', () => {
  expect(webPages('github.com', 'o/r')?.tag('models/churn@v1')).toBe(
    'https://github.com/o/r/releases/tag/models/churn%40v1',
  );
});

test.each([
  [
    'github.com',
    'https://github.com/o/r/blob/abc/models/a%20b%23.bin',
    'https://github.com/o/r/compare/a...b',
  ],
  [
    'gitlab.com',
    'https://gitlab.com/o/r/-/blob/abc/models/a%20b%23.bin',
    'https://gitlab.com/o/r/-/compare/a...b',
  ],
  ['bitbucket.org', 'https://bitbucket.org/o/r/src/abc/models/a%20b%23.bin', undefined],
  [
    'codeberg.org',
    'https://codeberg.org/o/r/src/commit/abc/models/a%20b%23.bin',
    'https://codeberg.org/o/r/compare/a...b',
  ],
])('files and the commits between two at %s', (host, file, compare) => {
  const pages = webPages(host, 'o/r');
  expect(pages?.file('abc', 'models/a b#.bin')).toBe(file);
  expect(pages?.compare?.('a', 'b')).toBe(compare);
});

test('what is no host has no pages, and what would end an address is encoded', () => {
  expect(webPages('github.com"onclick="x', 'o/r')).toBeUndefined();
  expect(webPages('github.com', '')).toBeUndefined();
  expect(webPages('github.com', 'o"/<r>')?.commit('abc')).toBe('https://github.com/o%22/%3Cr%3E/commit/abc');
});
