import { matchesGlob } from './glob.js';

/** The result of checking the signature of a tag. */
export interface Signature {
  /** `unknown`: a valid signature with a key that is not among the signers. `unsigned`: no signature. */
  verdict: 'good' | 'bad' | 'unknown' | 'unsigned';
  /** The owner of the key: addresses or patterns of them, separated by commas; null unless `good`. */
  signer: string | null;
  /** The fingerprint of the key; null without one. */
  key: string | null;
}

/** The answer about a tag without a signature. */
export const UNSIGNED: Signature = { verdict: 'unsigned', signer: null, key: null };

/**
 * Whether a signer's principals stand for an address: a list of patterns in which `*` and `?` are wild and `!` excludes, as
 * allowed signers have it (ssh-keygen(1), ALLOWED SIGNERS; ssh_config(5), PATTERNS).
 */
export function standsFor(principals: string, email: string): boolean {
  const address = email.toLowerCase();
  let stands = false;
  for (const pattern of principals.toLowerCase().split(',')) {
    const isExcluding = pattern.startsWith('!');
    if (!matchesGlob(pattern.slice(isExcluding ? 1 : 0).trim(), address)) continue;
    if (isExcluding) return false;
    stands = true;
  }
  return stands;
}
