import { Readable } from 'node:stream';
import { RegError } from '../../errors.js';
import type { ByteRange } from '../../net/http.js';
import { asRemote } from './send.js';

/** What of a stream is wanted of an object. */
export interface Part extends ByteRange {
  /** Bytes that come before it. */
  skipped: number;
  /** Whether it ends where the object does, so that nothing may follow. */
  isLast: boolean;
}

/**
 * Exactly the bytes of a part. Where nothing may follow, the last chunk is given only once nothing did, so that nobody takes
 * an object that is too long for a whole one. The stream fails with RegError REMOTE_FAILED.
 */
export const exactly = (body: Readable, oid: string, part: Part): Readable =>
  Readable.from(chunksOf(body, oid, part), { objectMode: false });

async function* chunksOf(
  body: Readable,
  oid: string,
  { start, end, skipped, isLast }: Part,
): AsyncGenerator<Uint8Array> {
  let at = start - skipped;
  let held: Uint8Array | undefined;
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      const wanted = chunk.subarray(Math.max(0, start - at), Math.max(0, end - at));
      at += chunk.length;
      if (at > end && isLast) throw wrongLength(oid, `has more than ${end} bytes`);
      if (held) yield held;
      held = wanted.length > 0 ? wanted : undefined;
      if (at >= end && !isLast) break;
    }
  } catch (error) {
    if (held) yield held;
    throw asRemote(error);
  } finally {
    body.destroy();
  }
  if (held) yield held;
  if (at < end) throw wrongLength(oid, `ended after ${at} of ${end} bytes`);
}

const wrongLength = (oid: string, how: string): RegError =>
  new RegError('REMOTE_FAILED', `the Git LFS object ${oid} ${how}`, 'what the server stores is damaged');
