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
    if (!matches(pattern.slice(isExcluding ? 1 : 0).trim(), address)) continue;
    if (isExcluding) return false;
    stands = true;
  }
  return stands;
}

/** Matches in time that is the product of both lengths, however many stars there are. */
function matches(pattern: string, text: string): boolean {
  let at = 0;
  let star = -1;
  let resume = 0;
  let index = 0;
  while (index < text.length) {
    if (pattern[at] === '*') {
      star = at;
      at += 1;
      resume = index;
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === text[index])) {
      at += 1;
      index += 1;
    } else if (star >= 0) {
      at = star + 1;
      resume += 1;
      index = resume;
    } else return false;
  }
  return /^\**$/.test(pattern.slice(at));
}
