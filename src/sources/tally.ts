import { createHash } from 'node:crypto';
import { RegError } from '../errors.js';
import type { SourceFile } from './model.js';

/** What the bytes of one file turned out to be. */
export interface FileIdentity {
  path: string;
  sha256: string;
  /** Bytes. */
  size: number;
}

/** Counts and hashes the bytes of one file as they pass. */
export interface Tally {
  /** @throws RegError TOO_LARGE for the first byte more than the file may have */
  add(chunk: Uint8Array): void;
  /** @throws RegError HASH_MISMATCH when the bytes are not those that the source promises */
  end(): FileIdentity;
}

/** Starts the tally of a file that is read from its beginning. */
export function tallyOf({ path, size: promised, digest }: SourceFile): Tally {
  const sha256 = createHash('sha256');
  const own = digest?.algorithm === 'md5' ? createHash('md5') : undefined;
  let size = 0;
  return {
    add: (chunk) => {
      size += chunk.length;
      if (promised !== undefined && size > promised)
        throw new RegError(
          'TOO_LARGE',
          `${path} has more than the ${promised} bytes that its source promises`,
        );
      sha256.update(chunk);
      own?.update(chunk);
    },
    end: () => {
      const hash = sha256.digest('hex');
      if (promised !== undefined && size < promised)
        throw changed(path, `${size} bytes`, `${promised} bytes`);
      const found = own?.digest('hex') ?? hash;
      if (digest && digest.value !== found)
        throw changed(path, `${digest.algorithm} ${found}`, `${digest.algorithm} ${digest.value}`);
      return { path, sha256: hash, size };
    },
  };
}

const changed = (path: string, found: string, promised: string): RegError =>
  new RegError(
    'HASH_MISMATCH',
    `the bytes of ${path} are not those that its source promises: ${found}, not ${promised}`,
    'nothing was written; what the source stores is damaged',
  );
