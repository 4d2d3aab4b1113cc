import type { LookupAddress } from 'node:dns';
import { describe, expect, it } from 'vitest';
import {
  allowedHosts,
  beyondThisMachine,
  isPrivateAddress,
  type Lookup,
  publicLookup,
  refusePrivateHost,
} from '../../src/net/private-address.js';
import { refusalCode } from '../support/builders.js';

const PRIVATE = [
  '0.0.0.0',
  '0.1.2.3',
  '10.0.0.1',
  '10.255.255.255',
  '100.64.0.1',
  '100.127.255.255',
  '127.0.0.1',
  '127.255.0.1',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.8',
  '192.0.2.1',
  '192.168.1.1',
  '198.18.0.1',
  '198.19.255.255',
  '198.51.100.7',
  '203.0.113.7',
  '224.0.0.1',
  '239.255.255.255',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::7f00:1',
  '::ffff:127.0.0.1',
  '::ffff:a00:1',
  '::FFFF:192.168.0.1',
  '0:0:0:0:0:ffff:169.254.169.254',
  '64:ff9b::10.0.0.1',
  '64:ff9b::7f00:1',
  '64:ff9b:1::1',
  '100::1',
  '2001::1',
  '2001:db8::1',
  '2002:7f00:1::',
  'fc00::1',
  'fd12:3456::1',
  'fe80::1',
  'fe80::1%eth0',
  'febf::1',
  'fec0::1',
  'ff02::1',
  'localhost',
  '',
];
const PUBLIC = [
  '1.1.1.1',
  '9.255.255.255',
  '11.0.0.0',
  '100.63.255.255',
  '100.128.0.0',
  '128.0.0.1',
  '172.15.255.255',
  '172.32.0.0',
  '192.167.255.255',
  '223.255.255.255',
  '2606:4700::1111',
  '2a00:1450::1',
  '::ffff:8.8.8.8',
  '64:ff9b::8.8.8.8',
];

describe('addresses of private networks', () => {
  it.each(PRIVATE)('%j is one', (address) => {
    expect(isPrivateAddress(address)).toBe(true);
  });

  it.each(PUBLIC)('%j is public', (address) => {
    expect(isPrivateAddress(address)).toBe(false);
  });
});

describe('hosts that say that they are private', () => {
  it.each([
    'http://127.0.0.1/',
    'http://127.1/',
    'http://2130706433/',
    'http://0x7f.0.0.1/',
    'http://0177.0.0.1/',
    'http://0/',
    'http://１２７.0.0.1/',
    'http://%31%32%37.0.0.1/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[fd00::1]/',
    'http://localhost/',
    'http://LOCALHOST./',
    'http://any.localhost/',
  ])('%s is refused', (url) => {
    expect(refusalCode(() => refusePrivateHost(new URL(url).hostname))).toBe('STORE_FAILED');
  });

  it.each(['http://8.8.8.8/', 'http://[2606:4700::1111]/', 'http://example.com/', 'http://mylocalhost/'])(
    '%s may be asked for',
    (url) => {
      expect(() => refusePrivateHost(new URL(url).hostname)).not.toThrow();
    },
  );
});

describe('hosts that are allowed', () => {
  const allowed = allowedHosts(['Models.corp.example', '10.0.0.0/8', '::1', 'fd00::/8', 'localhost']);

  it.each<[string, string | undefined, boolean]>([
    ['models.corp.example', '192.168.1.1', true],
    ['models.corp.example.', '192.168.1.1', true],
    ['evil.models.corp.example', '192.168.1.1', false],
    ['other.example', '10.9.9.9', true],
    ['other.example', '11.0.0.1', false],
    ['10.0.0.1', undefined, true],
    ['[::1]', undefined, true],
    ['[fd12::1]', undefined, true],
    ['[fe80::1]', undefined, false],
    ['localhost', '127.0.0.1', true],
    ['127.0.0.1', undefined, false],
  ])('%s at %s: %s', (hostname, address, isAllowed) => {
    expect(allowed(hostname, address)).toBe(isAllowed);
  });

  it('are connected to, and no other address of theirs', async () => {
    const found = (address: string): Promise<unknown> =>
      new Promise((resolve) => {
        const lookup: Lookup = (_hostname, _options, callback) => callback(null, [{ address, family: 4 }]);
        publicLookup(lookup, allowed)('other.example', { all: false }, (error, one) => resolve(error ?? one));
      });
    expect(await found('10.1.2.3')).toBe('10.1.2.3');
    expect(await found('169.254.169.254')).toMatchObject({ code: 'STORE_FAILED' });
    expect(() => refusePrivateHost('localhost', allowed)).not.toThrow();
  });
});

describe('looking up a host to connect to', () => {
  const answers =
    (...addresses: string[]): Lookup =>
    (_hostname, options, callback) => {
      expect(options.all).toBe(true);
      callback(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      );
    };
  const ask = (lookup: Lookup, all: boolean): Promise<unknown> =>
    new Promise((resolve, reject) => {
      publicLookup(lookup)('host.example', { all }, (error, address, family) =>
        error ? reject(error) : resolve(all ? address : { address, family }),
      );
    });

  it.each([true, false])('gives public addresses, all: %s', async (all) => {
    const first: LookupAddress = { address: '1.1.1.1', family: 4 };
    const both = [first, { address: '2606:4700::1111', family: 6 }];
    expect(await ask(answers('1.1.1.1', '2606:4700::1111'), all)).toEqual(all ? both : first);
  });

  it.each([true, false])('refuses a host with any private address, all: %s', async (all) => {
    const error = await ask(answers('1.1.1.1', '169.254.169.254'), all).catch((reason) => reason);
    expect(error).toMatchObject({
      name: 'RegError',
      code: 'STORE_FAILED',
      message: expect.stringMatching(/^host\.example has 169\.254\.169\.254,/),
      hint: expect.stringContaining('REG_HTTP_PRIVATE=allow'),
    });
  });

  it('fails for a host without addresses, and as the DNS fails', async () => {
    await expect(ask(answers(), true)).rejects.toMatchObject({ code: 'ENOTFOUND' });
    const busy: Lookup = (_hostname, _options, callback) =>
      callback(Object.assign(new Error('busy'), { code: 'EAI_AGAIN' }), []);
    await expect(ask(busy, false)).rejects.toMatchObject({ code: 'EAI_AGAIN' });
  });
});

it.each<[string, string | undefined, boolean]>([
  ['models.corp.example', '10.1.2.3', true],
  ['models.corp.example', 'fd00::1', true],
  ['other.example', '10.1.2.3', true],
  ['other.example', '192.168.0.1', false],
  ['localhost', '127.0.0.1', false],
  ['models.corp.example', '127.0.0.1', false],
  ['models.corp.example', '169.254.169.254', false],
  ['[::1]', undefined, false],
  ['[64:ff9b::7f00:1]', undefined, false],
  ['127.0.0.1', undefined, false],
])('links that are loaded may lead to %s at %s, where everything is allowed: %s', (hostname, address, is) => {
  const allowed = [
    'models.corp.example',
    'localhost',
    '10.0.0.0/8',
    '127.0.0.0/8',
    '169.254.0.0/16',
    '::1',
    '64:ff9b::/96',
  ];
  expect(beyondThisMachine(allowedHosts(allowed))(hostname, address)).toBe(is);
});
