import { describe, expect, it } from 'vitest';
import { redactorOf, shownAddress, withoutLogin, withoutUserInfo } from '../../src/util/address.js';

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
    ['file:///a@b', 'file:///a@b'],
    ['file:///srv/what?a=b', 'file:///srv/what?a=b'],
    ['/srv/a@b', '/srv/a@b'],
    ['', ''],
    // characters of the password that should have been encoded
    ['http://bob:s3cr/3t@pw@127.0.0.1:1/r', 'http://127.0.0.1:1/r'],
    ['https://bob:s3@cr/3t@example.com/r', 'https://example.com/r'],
    ['https://bob:s3cr/3t@example', 'https://example'],
    ['https://bob:1234/secret@example.com/r', 'https://example.com/r'],
    ['https://bob:99999/secret@example.com', 'https://example.com'],
    ['https://ann:pa?ss@example.com/r', 'https://example.com/r'],
    ["https://ann:pa?s's@example.com/r", 'https://example.com/r'],
    ["fatal: 'http://bob:s3cr/3t@pw@h/r/': no port", "fatal: 'http://h/r/': no port"],
    // slashes that are too many or too few
    ['https:/bob:secret@example.com/r', 'https:/example.com/r'],
    ['https:bob:secret@example.com/r', 'https:example.com/r'],
    ['https:///bob:secret@example.com/r', 'https:///example.com/r'],
    ['ssh:/bob:secret@example.com/r', 'ssh:/example.com/r'],
    // a path may hold an @
    ['https://host/org/repo@2', 'https://host/org/repo@2'],
    ['https://host/org/repo@2/sub', 'https://host/org/repo@2/sub'],
    ['https://host:8443/org/repo@2', 'https://host:8443/org/repo@2'],
    ['https://example.com:8443/org@2/repo', 'https://example.com:8443/org@2/repo'],
    ['http://localhost:3000/org@2/repo', 'http://localhost:3000/org@2/repo'],
    ['http://[::1]:3000/org@2/repo', 'http://[::1]:3000/org@2/repo'],
    ['https://ann:secret@example.com/org@2/repo', 'https://example.com/org@2/repo'],
    ['https://ann:secret@host/org/repo@2', 'https://host/org/repo@2'],
    // what a query says
    ['https://example.com/r?token=secret', 'https://example.com/r?…'],
    ['https://ann:pw@example.com/r.git?a=b&token=secret', 'https://example.com/r.git?…'],
    ["at 'https://example.com/r?token=secret': no", "at 'https://example.com/r?…': no"],
    ['is it https://example.com/r?', 'is it https://example.com/r?'],
    ['https://a:b@c,https://d:e@f/g', 'https://c,https://f/g'],
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
    ['http://bob:s3cr/3t@pw@127.0.0.1:1/r', 'http://127.0.0.1:1/r'],
    ['https://ann:a secret@example.com/r', 'https://example.com/r'],
    ['https://example.com/r?token=a secret "one"', 'https://example.com/r?…'],
    ['https://example.com/org/repo@2', 'https://example.com/org/repo@2'],
    ['file:///a@b', 'file:///a@b'],
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
    ['ssh://git:secret@example.com/r', 'ssh://git@example.com/r'],
    ['git@github.com:org/repo', 'git@github.com:org/repo'],
    ['https://example.com/r?token=secret', 'https://example.com/r?…'],
    ['../models', '../models'],
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
    [
      'pieces of a password with a slash',
      'http://bob:s3cr/3t@pass@127.0.0.1:1/r',
      'no host bob:s3cr, no s3cr, no s3cr/3t@pass, no pass',
      'no host ***, no ***, no ***, no ***',
    ],
    ['a token in a query', 'https://example.com/r?token=12345678', 'what is 12345678?', 'what is ***?'],
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
    ['a branch in a query', 'https://example.com/r?ref=main', 'no branch main'],
    ['anything of a path', '/srv/r', 'any text'],
  ])('leaves %s', (_what, address, text) => {
    expect(redactorOf(address)(text)).toBe(text);
  });
});
