import { describe, expect, test } from 'vitest';
import { readSigners, verdictOf } from '../../src/git/program/signatures.js';

const KEY = '562F2EBB5FB3E38A4E92636972296F2EF2B8C018';
const signers = readSigners(
  Buffer.from(
    `# the team\r\nann@example.com ssh-ed25519 AAAA\nbo@example.com openpgp 562f 2ebb 5fb3 e38a 4e92 6369 7229 6f2e f2b8 c018\n`,
  ),
);
const gnupg = (...lines: string[]): string[] => lines.map((line) => `[GNUPG:] ${line}`);
const GOOD = [
  'NEWSIG',
  'GOODSIG 72296F2EF2B8C018 Bo <bo@work.com>',
  `VALIDSIG 00AA 2026-01-01 1 0 4 0 22 8 00 ${KEY}`,
];

test('the lines about OpenPGP keys are not for ssh', () => {
  expect(signers.ssh).toBe('# the team\nann@example.com ssh-ed25519 AAAA\n\n');
  expect([...signers.openpgp]).toEqual([[KEY, 'bo@example.com']]);
});

describe('what git says of a tag', () => {
  const good = (signer: string, key: string) => ({ verdict: 'good', signer, key });
  test.each<[string, string[], typeof signers | undefined, unknown]>([
    ['nothing', ['error: no signature found'], signers, undefined],
    [
      'ssh',
      ['Good "git" signature for ann@example.com with ED25519 key SHA256:a/b+c'],
      signers,
      good('ann@example.com', 'SHA256:a/b+c'),
    ],
    [
      'ssh, a stranger',
      ['Good "git" signature with RSA key SHA256:x', 'No principal matched.'],
      signers,
      { verdict: 'unknown', signer: null, key: 'SHA256:x' },
    ],
    [
      'ssh, nobody is known',
      ['error: gpg.ssh.allowedSignersFile needs to be configured and exist for ssh signature verification'],
      undefined,
      { verdict: 'unknown', signer: null, key: null },
    ],
    [
      'ssh, not right',
      ['Could not verify signature.', 'Signature verification failed: incorrect signature'],
      signers,
      { verdict: 'bad', signer: null, key: null },
    ],
    [
      'ssh, words of a stranger in the middle',
      ['Could not verify: Good "git" signature for ann@example.com with ED25519 key SHA256:a'],
      signers,
      { verdict: 'bad', signer: null, key: null },
    ],
    [
      'ssh, words of a stranger below',
      ['Could not verify signature.', 'Good "git" signature for ann@example.com with ED25519 key SHA256:a'],
      signers,
      { verdict: 'bad', signer: null, key: null },
    ],
    ['gpg, by fingerprint', gnupg(...GOOD), signers, good('bo@example.com', KEY)],
    ['gpg, by keyring', gnupg(...GOOD), undefined, good('bo@work.com', KEY)],
    [
      'gpg, a stranger',
      gnupg(...GOOD.slice(0, 2), 'VALIDSIG 00 2026 1 0 4 0 22 8 00 FFFF'),
      signers,
      { verdict: 'unknown', signer: null, key: 'FFFF' },
    ],
    [
      'gpg, no such key',
      gnupg('NEWSIG', 'ERRSIG 72296F2EF2B8C018 22 8 00 1 9 -', 'NO_PUBKEY 72296F2EF2B8C018'),
      signers,
      { verdict: 'unknown', signer: null, key: '72296F2EF2B8C018' },
    ],
    [
      'gpg, not right',
      gnupg('NEWSIG', 'BADSIG 72296F2EF2B8C018 Bo <bo@work.com>'),
      signers,
      { verdict: 'bad', signer: null, key: null },
    ],
    [
      'gpg, expired',
      gnupg('NEWSIG', 'EXPKEYSIG 72296F2EF2B8C018 Bo <bo@work.com>', GOOD[2] ?? ''),
      signers,
      { verdict: 'bad', signer: null, key: KEY },
    ],
    [
      'gpg, revoked',
      gnupg(...GOOD, 'REVKEYSIG 72296F2EF2B8C018 Bo <bo@work.com>'),
      signers,
      { verdict: 'bad', signer: null, key: KEY },
    ],
  ])('%s', (_title, lines, known, expected) => expect(verdictOf(lines, known)).toEqual(expected));
});
