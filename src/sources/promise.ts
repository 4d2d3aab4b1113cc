import { RegError } from '../errors.js';
import type { ModelIdentity } from './identity.js';

/** What a link says about bytes. */
export interface BytesPromise {
  sha256?: string | undefined;
  size?: number | undefined;
}

/** Whether bytes are those that every link on the way promises. */
export const keepsPromises = (promises: readonly BytesPromise[], identity: ModelIdentity): boolean =>
  promises.every((promise) => difference(promise, identity) === undefined);

/**
 * Makes sure that bytes are those that every link on the way promises.
 * @param what names the model
 * @throws RegError HASH_MISMATCH
 */
export function verifyPromises(
  what: string,
  promises: readonly BytesPromise[],
  identity: ModelIdentity,
): void {
  for (const promise of promises) {
    const different = difference(promise, identity);
    if (different)
      throw new RegError(
        'HASH_MISMATCH',
        `the bytes of ${what} are not those that its link promises: ${different}`,
        'nothing was written; the source was changed behind its link, or the link is wrong: reg validate',
      );
  }
}

function difference({ sha256, size }: BytesPromise, found: ModelIdentity): string | undefined {
  if (size !== undefined && size !== found.size) return `${found.size} bytes, not ${size} bytes`;
  if (sha256 !== undefined && sha256 !== found.sha256) return `sha256 ${found.sha256}, not sha256 ${sha256}`;
  return undefined;
}
