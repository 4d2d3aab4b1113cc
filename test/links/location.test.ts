import { describe, expect, it } from 'vitest';
import { parseLocation } from '../../src/domain/location.js';
import { withoutUserInfo } from '../../src/util/address.js';
import { refusal, refusalCode } from '../support/builders.js';

describe('where a source repository is', () => {
  it.each([
    ...[
      'https://github.com/org/repo',
      'http://localhost:8080/r.git',
      'HTTPS://example.com/r',
      'git://example.com/r',
    ],
    ...[
      'ssh://git@example.com:22/r.git',
      'git@github.com:org/repo.git',
      'host:path',
      'host:~user/r',
      '[::1]:r',
    ],
  ])('%s is a URL', (text) => {
    expect(parseLocation(text)).toEqual({ kind: 'url', url: text });
  });

  it.each([
    ...['.', '..', '../models', '/srv/git/r.git', './host:path', 'a/b:c', 'models', '~/r', ' '],
    ...['C:\\repos\\r', 'c:/repos/r', '\\\\server\\share', 'repo with spaces'],
  ])('%j is a path', (text) => {
    expect(parseLocation(text)).toEqual({ kind: 'path', path: text });
  });

  it.each([
    ['file:///srv/r.git', '/srv/r.git'],
    ['file:///srv/a%20b', '/srv/a b'],
    ['FILE:///srv/r', '/srv/r'],
  ])('%s is the path %s', (text, path) => {
    expect(parseLocation(text)).toEqual({ kind: 'path', path });
  });

  it.each([
    ...['', '-upload-pack=touch x', '--upload-pack=x', '-', 'a\nb', 'a\0b', 'https://example.com/\n'],
    ...[
      'ext::sh -c touch% x',
      'EXT::sh',
      'fd::7',
      'transport-x::y',
      'ext::https://example.com',
      'a+b.c-1::x',
    ],
    ...['ftp://example.com/r', 'javascript://x', 's3://bucket/r', 'git+ssh://example.com/r', 'svn://x'],
    ...[
      'ssh://-oProxyCommand=touch%20x/r',
      'ssh://git@-oProxyCommand=x/r',
      'https://-x/r',
      'git://user:pw@-x/r',
    ],
  ])('refuses %j', (text) => {
    expect(refusalCode(() => parseLocation(text))).toBe('SOURCE_UNSUPPORTED');
  });

  it.each(['file:///srv/a%zz', 'file:///%', 'file://[', 'file://a b/c'])(
    'refuses %s, which is no URL',
    (text) => {
      expect(refusalCode(() => parseLocation(text))).toBe('SOURCE_UNSUPPORTED');
    },
  );

  it.each([
    'https:/bob:secret@example.com/r',
    'https:bob:secret@example.com/r',
    'HTTP:/example.com/r',
    'file:/srv/r',
    'ssh:/bob:secret@example.com/r',
    'git:/bob:a secret@example.com/r',
  ])('refuses %s, which lacks a slash, and shows no password', (text) => {
    const { code, message } = refusal(() => parseLocation(text));
    expect(code).toBe('SOURCE_UNSUPPORTED');
    expect(message).toMatch(/ lacks a slash: a URL begins with \w+:\/\/$/);
    expect(message).not.toMatch(/bob|secret/);
  });

  it.each(['git:org/repo', 'ssh:/srv/git/r.git'])(
    '%s is a path of a host that has the name of a scheme',
    (text) => {
      expect(parseLocation(text)).toEqual({ kind: 'url', url: text });
    },
  );

  it('a refusal shows no password', () => {
    expect(refusal(() => parseLocation('ftp://ann:secret@example.com/r')).message).not.toContain('secret');
  });

  it.each([
    ['https://ann:secret@example.com/r', 'https://example.com/r'],
    ['https://token@example.com/r', 'https://example.com/r'],
    ['from https://a:b@c/d to ssh://e@f/g', 'from https://c/d to ssh://f/g'],
    ['git@github.com:org/repo', 'git@github.com:org/repo'],
    ['https://example.com/a@b', 'https://example.com/a@b'],
  ])('%s is shown as %s', (text, shown) => {
    expect(withoutUserInfo(text)).toBe(shown);
  });
});
