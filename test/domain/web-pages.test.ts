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
