import { expect, test } from 'vitest';
import { fileUrl, hostLinks } from '../../src/site/git-host.js';

test.each([
  ['https://github.com/o/r.git', 'https://github.com/o/r/commit/', 'https://github.com/o/r/tree/'],
  ['git@github.com:o/r.git', 'https://github.com/o/r/commit/', 'https://github.com/o/r/tree/'],
  [
    'ssh://git@github.mycompany.com:22/o/r',
    'https://github.mycompany.com/o/r/commit/',
    'https://github.mycompany.com/o/r/tree/',
  ],
  [
    'https://user:secret@gitlab.com/a/b/c',
    'https://gitlab.com/a/b/c/-/commit/',
    'https://gitlab.com/a/b/c/-/tags/',
  ],
  [
    'https://bitbucket.org/o/r',
    'https://bitbucket.org/o/r/commits/',
    'https://bitbucket.org/o/r/commits/tag/',
  ],
  ['https://codeberg.org/o/r/', 'https://codeberg.org/o/r/commit/', 'https://codeberg.org/o/r/src/tag/'],
])('%s is shown by its host', (address, commit, tag) => {
  expect(hostLinks(address)).toEqual({ commit, tag });
});

test.each([
  undefined,
  '/srv/registry.git',
  '../registry',
  'file:///srv/github.com/o/r',
  'https://git.example.com/o/r',
  'https://notgithub.com/o/r',
  'javascript:alert(1)//github.com/o/r',
  'https://github.com/',
  'https://github.com"onclick=x/o/r',
])('of %s nobody knows where it is shown', (address) => {
  expect(hostLinks(address)).toBeNull();
});

test('what would end an attribute or a path is encoded', () => {
  expect(fileUrl('https://github.com/o"/<r>', 'abc', 'models/a b#.bin')).toBe(
    'https://github.com/o%22/%3Cr%3E/blob/abc/models/a%20b%23.bin',
  );
});
