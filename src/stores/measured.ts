import { Readable } from 'node:stream';
import { RegError } from '../errors.js';

/** What is known of a stream before it comes. */
export interface Measure {
  /** Bytes that it must have; undefined where nobody told. */
  size: number | undefined;
  /** Where it comes from, fit to be shown. */
  shown: string;
  /** Makes an error for people of what the stream fails with. */
  failure: (error: unknown) => RegError;
}

/**
 * Passes a stream on as it comes, no faster than it is read; it fails with RegError STORE_FAILED when it ends too early, or
 * at the first byte more than there may be.
 */
export function measured(bytes: Readable, { size, shown, failure }: Measure): Readable {
  let count = 0;
  const passed = new Readable({
    read: () => void bytes.resume(),
    destroy: (error, done) => {
      bytes.destroy();
      done(error);
    },
  });
  const fail = (why: string): void =>
    void passed.destroy(
      new RegError('STORE_FAILED', `${shown} ${why}`, 'try again; if it stays so, the server is at fault'),
    );
  bytes.on('data', (chunk: Uint8Array) => {
    count += chunk.length;
    if (size !== undefined && count > size) fail(`has more than the ${size} bytes that it should have`);
    else if (!passed.push(chunk)) bytes.pause();
  });
  bytes.on('end', () => {
    if (size !== undefined && count < size) fail(`ended after ${count} of ${size} bytes`);
    else passed.push(null);
  });
  bytes.on('error', (error) => passed.destroy(failure(error)));
  return passed;
}
