import { Readable } from 'node:stream';
import { RegError } from '../../src/errors.js';

export const MIB = 1024 * 1024;
/** More than a store sends in one request, and no multiple of anything. */
export const LARGE = 40 * MIB + 7;

/** Keys that URLs, shells and file systems have other uses for. */
export const KEYS = [
  'plain.bin',
  'deep/er/still.bin',
  'with space.bin',
  'plus+and&amp.bin',
  '100%25 #1.bin',
  "quote'(1)!.bin",
  'naïve/模型-🧠.bin',
  '=~,;@$.bin',
];

/** The error that a promise fails with, which must be one that `reg` throws on purpose. */
export async function failure(promise: Promise<unknown>): Promise<RegError> {
  const error = await promise.then(
    () => undefined,
    (reason) => reason,
  );
  if (!(error instanceof RegError)) throw new Error('it did not fail as it has to', { cause: error });
  return error;
}

/** A stream of these chunks. */
export const bytesOf = (...chunks: readonly Uint8Array[]): Readable =>
  Readable.from(
    chunks.map((chunk) => Buffer.from(chunk)),
    { objectMode: false },
  );

/** Bytes in pieces, as a file gives them. */
export function* pieces(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 64 * 1024) yield bytes.subarray(at, at + 64 * 1024);
}
