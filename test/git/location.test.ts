import { describe, expect, it } from 'vitest';
import { redactorOf, shownAddress, withoutLogin, withoutUserInfo } from '../../src/git/location.js';

describe('a text without the user-info of its URLs', () => {
  it.each([
    ['https://ann:secret@example.com/r', 'https://example.com/r'],
    ['HTTPS://Ann:Secret@example.com', 'HTTPS://example.com'],
    ['https://token@example.com:8443/r', 'https://example.com:8443/r'],
    ['https://:secret@example.com/r', 'https://example.com/r'],
    ['https://ann:@example.com/r', 'https://example.com/r'],
    ['https://ann:se:cr:et@example.com/r', 'https://example.com/r'],
    ['https://ann:p%40ss@example.com/r', 'https://example.com/r'],
    // the host begins behind the last one (RFC 3986, section 3.2)
    ['https://ann:p@ss@example.com/r', 'https://example.com/r'],
    ['ssh://git@example.com:22/r', 'ssh://example.com:22/r'],
    ['git+ssh://a:b@c/r', 'git+ssh://c/r'],
    [
      "fatal: 'https://a:b@c/d' and ssh://e@f/g, (http://h:i@j)",
      "fatal: 'https://c/d' and ssh://f/g, (http://j)",
    ],
    ['https://example.com/a@b', 'https://example.com/a@b'],
    ['https://example.com and ann@example.com', 'https://example.com and ann@example.com'],
    ['git@github.com:org/repo', 'git@github.com:org/repo'],
    ['file:///srv/a@b', 'file:///srv/a@b'],
    ['/srv/a@b', '/srv/a@b'],
    ['', ''],
  ])('%s is shown as %s', (text, shown) => {
    expect(withoutUserInfo(text)).toBe(shown);
  });
});

describe('the address of a repository, fit to be shown', () => {
  it.each([
    ['https://ann:secret@example.com/r', 'https://example.com/r'],
    ['ssh://git@example.com/r', 'ssh://example.com/r'],
    ['git@github.com:org/repo.git', 'github.com:org/repo.git'],
    ['ann:secret@example.com:r', 'example.com:r'],
    ['git@[::1]:r', '[::1]:r'],
    ['github.com:org/re@po', 'github.com:org/re@po'],
    ['/srv/ann@example:r', '/srv/ann@example:r'],
    ['./ann@example:r', './ann@example:r'],
    ['ann@example', 'ann@example'],
    ['file:///srv/r', 'file:///srv/r'],
    ['origin', 'origin'],
  ])('%s is shown as %s', (address, shown) => {
    expect(shownAddress(address)).toBe(shown);
    expect(shownAddress(shown)).toBe(shown);
  });
});

describe('an address without its login, fit to be stored', () => {
  it.each([
    ['https://ann:secret@example.com/r', 'https://example.com/r'],
    ['http://token@example.com/r', 'http://example.com/r'],
    // without its user it would lead elsewhere
    ['ssh://git@example.com/r', 'ssh://git@example.com/r'],
    ['git@github.com:org/repo', 'git@github.com:org/repo'],
  ])('%s is stored as %s', (url, stored) => {
    expect(withoutLogin(url)).toBe(stored);
  });
});

describe('what takes the secrets of an address out of a text', () => {
  const basic = (login: string): string => Buffer.from(login).toString('base64');

  it.each([
    ['a password', 'https://ann:secret@example.com/r', 'wrong: secret, secret', 'wrong: ***, ***'],
    [
      'the URL itself',
      'https://ann:secret@example.com/r',
      'at https://ann:secret@example.com/r',
      'at https://example.com/r',
    ],
    [
      'a URL of another login',
      'https://ann:secret@example.com/r',
      'at https://bo:other@example.com',
      'at https://example.com',
    ],
    ['a password as it is written', 'https://ann:p%40ssword@example.com/r', 'p%40ssword', '***'],
    ['a password as it is meant', 'https://ann:p%40ssword@example.com/r', 'for p@ssword', 'for ***'],
    ['a password with an @', 'https://ann:p@ssword@example.com/r', 'for p@ssword', 'for ***'],
    [
      'a URL with a password with an @',
      'https://ann:p@ssword@example.com/r',
      'at https://ann:p@ssword@example.com/r',
      'at https://example.com/r',
    ],
    ['a header', 'https://ann:secret@example.com/r', `Basic ${basic('ann:secret')}`, 'Basic ***'],
    ['a header of a token', 'https://ghp_1234@example.com/r', `Basic ${basic('ghp_1234:')}`, 'Basic ***'],
    ['a token in place of a user', 'https://ghp_1234@github.com/r', 'for ghp_1234', 'for ***'],
    [
      'a token with a word for no password',
      'https://ghp_1234:x-oauth-basic@github.com/r',
      'for ghp_1234',
      'for ***',
    ],
    [
      'a token in place of a password',
      'https://x-access-token:ghs_1234@github.com/r',
      'x-access-token ghs_1234',
      'x-access-token ***',
    ],
    ['a password that cannot be decoded', 'https://ann:100%zz@example.com/r', 'for 100%zz', 'for ***'],
  ])('%s', (_what, address, text, shown) => {
    expect(redactorOf(address)(text)).toBe(shown);
  });

  it.each([
    ['the user of a password', 'https://anna:secret@example.com/r', 'anna may not'],
    ['the user of an ssh address', 'ssh://git-user@example.com/r', 'git-user may not'],
    ['the user of user@host:path', 'git-user@example.com:r', 'git-user may not'],
    ['what could be a part of any word', 'https://ann:x@example.com/r', 'example text for ann'],
    ['anything when there is no login', 'https://example.com/r', 'Og== is Basic for nobody: ":"'],
    ['anything of a path', '/srv/r', 'any text'],
  ])('leaves %s', (_what, address, text) => {
    expect(redactorOf(address)(text)).toBe(text);
  });
});
