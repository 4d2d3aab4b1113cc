import type { Signature } from '../../domain/signature.js';
import type { Signers } from './signers.js';

/** What ssh-keygen says, in the words that git itself goes by (git's gpg-interface.c). */
const SSH_GOOD = /^Good "git" signature (?:for (.+) )?with \S+ key (\S+)$/;
/** What gpg says on its status channel (GnuPG's doc/DETAILS). */
const GPG = /^\[GNUPG:\] (\S+) ?(.*)$/;
const GPG_BAD = new Set(['BADSIG', 'ERRSIG', 'EXPSIG', 'EXPKEYSIG', 'REVKEYSIG']);

/**
 * Reads what `git verify-tag --raw` said of one tag; undefined when it has no signature.
 * @param signers whom keys belong to; without it, what the keyring says of OpenPGP keys counts
 */
export function verdictOf(lines: readonly string[], signers: Signers | undefined): Signature | undefined {
  const status = lines.flatMap((line) => {
    const [, keyword, rest = ''] = GPG.exec(line) ?? [];
    return keyword === undefined ? [] : [{ keyword, rest }];
  });
  if (status.length > 0) return gpgVerdict(status, signers);
  const [, signer, key] = SSH_GOOD.exec(lines[0] ?? '') ?? [];
  if (key !== undefined)
    return signer === undefined
      ? { verdict: 'unknown', signer: null, key }
      : { verdict: 'good', signer, key };
  if (lines.some((line) => line.includes('no signature found'))) return undefined;
  if (lines.some((line) => line.includes('allowedSignersFile'))) return UNKNOWN;
  return BAD;
}

const UNKNOWN: Signature = { verdict: 'unknown', signer: null, key: null };
const BAD: Signature = { verdict: 'bad', signer: null, key: null };

type Status = readonly { keyword: string; rest: string }[];

function gpgVerdict(status: Status, signers: Signers | undefined): Signature {
  const restOf = (keyword: string): string | undefined => status.find((one) => one.keyword === keyword)?.rest;
  // VALIDSIG names the key that signed first, and the key that it belongs to last
  const valid = restOf('VALIDSIG')?.split(' ');
  const key = valid?.at(-1) || valid?.[0] || null;
  if (restOf('NO_PUBKEY') !== undefined)
    return { verdict: 'unknown', signer: null, key: restOf('NO_PUBKEY') ?? null };
  const good = restOf('GOODSIG');
  if (good === undefined || key === null || status.some(({ keyword }) => GPG_BAD.has(keyword)))
    return { ...BAD, key };
  const signer = signers === undefined ? addressIn(good) : signers.openpgp.get(key);
  return signer === undefined ? { verdict: 'unknown', signer: null, key } : { verdict: 'good', signer, key };
}

/** The address in `GOODSIG <key> Ann Lee <ann@example.com>`. */
const addressIn = (text: string): string | undefined => /<([^<>\s]+)>\s*$/.exec(text)?.[1];
