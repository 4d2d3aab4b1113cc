import type { FileHandle } from 'node:fs/promises';
import { interrupted } from '../errors.js';
import { lengthError, RangeIgnored } from '../net/http.js';
import { writeAll } from '../util/safe-files.js';
import { CHUNK_BYTES, exactly, inGroups, WrongLength } from '../util/stream.js';
import type { Hasher } from './digest.js';
import { PART_BYTES, type SourceFile, untilWhole } from './source.js';

const MAX_PARTS = 4;

/**
 * No byte is written so far, or farther, behind the first one that is missing. After a process was killed, all bytes but so many at the end
 * are there.
 */
const WINDOW_BYTES = 8 * PART_BYTES;

/** Whether a file is written in parts: it comes from another machine, can be read from the middle, and is large. */
export const isInParts = ({ ranges, isHere, at, size = 0 }: SourceFile): boolean =>
  ranges && !isHere && at === undefined && size > PART_BYTES;

/**
 * How many bytes at the beginning of a file are there, of those that an earlier process wrote.
 * @param size of the file there
 * @param isLeft whether that process was killed
 */
export const sureBytes = (file: SourceFile, size: number, isLeft: boolean): number =>
  isLeft && isInParts(file) ? Math.max(0, size - WINDOW_BYTES) : size;

/** A part under way. */
interface Part {
  end: number;
  /** The offset up to which it is written. */
  at: number;
}

/** Where bytes go to. */
interface Destination {
  /** Opened without appending. */
  target: FileHandle;
  /** Takes the same bytes. */
  copy?: { write(chunks: readonly Uint8Array[], position: number): Promise<void> } | undefined;
  /** Has the bytes before the start. */
  hasher: Hasher;
  /** Called with the number of bytes that came without a gap before them: no later failure loses them. */
  onBytes: (count: number) => void;
  signal: AbortSignal | undefined;
}

/**
 * Writes a file from an offset to its end. Several parts come at a time, each is written where it belongs, and the bytes are hashed in order:
 * those of the first part as they come, others are read back when their turn comes. When it fails, the file ends before the first byte
 * that is missing. Memory holds one group of chunks of each part.
 * @throws RegError what opening throws; STORE_FAILED, REMOTE_FAILED where a part breaks off again and again; INTERRUPTED
 */
export async function writeInParts(
  file: SourceFile,
  start: number,
  { target, copy, hasher, onBytes, signal }: Destination,
): Promise<void> {
  const { size = 0 } = file;
  const parts: Part[] = [];
  let next = start;
  let hashed = start;
  let isHashing = false;
  const frontier = (): number => parts[0]?.at ?? next;
  const hashWritten = async (): Promise<void> => {
    if (isHashing) return;
    isHashing = true;
    try {
      for (let buffer: Buffer | undefined; hashed < frontier(); ) {
        buffer ??= Buffer.allocUnsafeSlow(CHUNK_BYTES);
        const length = Math.min(buffer.length, frontier() - hashed);
        const { bytesRead } = await target.read(buffer, 0, length, hashed);
        // another process made the file shorter: its digest is not that of the source
        if (bytesRead === 0) return;
        hasher.add(buffer.subarray(0, bytesRead));
        hashed += bytesRead;
        onBytes(bytesRead);
      }
    } finally {
      isHashing = false;
    }
  };
  const write = async (part: Part, group: readonly Uint8Array[]): Promise<void> => {
    if (signal?.aborted) throw interrupted();
    const length = group.reduce((sum, chunk) => sum + chunk.length, 0);
    if (part.at + length > part.end)
      throw lengthError(file.path, new WrongLength('has more bytes than were asked for'));
    const isFirst = !isHashing && part === parts[0] && hashed === part.at;
    // threads of Node write these and read the next ones, while this one hashes
    const written = Promise.all([writeAll(target, group, part.at), copy?.write(group, part.at)]);
    try {
      if (isFirst) {
        for (const chunk of group) hasher.add(chunk);
        hashed += length;
      }
    } finally {
      await written;
    }
    part.at += length;
    if (isFirst) onBytes(length);
  };
  let failure: { error: unknown } | undefined;
  const waiting: (() => void)[] = [];
  const fetchPart = async (part: Part): Promise<void> => {
    for await (const group of inGroups(untilWhole(file, part.at, part.end))) {
      await write(part, group);
      await hashWritten();
    }
    while (parts[0] && parts[0].at === parts[0].end) parts.shift();
    await hashWritten();
  };
  const work = async (): Promise<void> => {
    while (next < size && failure === undefined) {
      const end = Math.min(next + PART_BYTES, size);
      if (end - frontier() > WINDOW_BYTES) {
        await new Promise<void>((resolve) => waiting.push(resolve));
        continue;
      }
      const part = { at: next, end };
      next = end;
      parts.push(part);
      try {
        await fetchPart(part);
      } catch (error) {
        // other parts come to their end, and no further one begins
        failure ??= { error };
      }
      for (const go of waiting.splice(0)) go();
    }
  };
  await Promise.all(Array.from({ length: MAX_PARTS }, work));
  try {
    await hashWritten();
    if (failure?.error instanceof RangeIgnored) {
      const rest = { at: frontier(), end: size };
      parts.splice(0, parts.length, rest);
      const failed = (one: unknown) => (one instanceof WrongLength ? lengthError(file.path, one) : one);
      const whole = exactly(await file.open(), { size: size - rest.at, skip: rest.at, failure: failed });
      for await (const group of inGroups(whole)) await write(rest, group);
    } else if (failure) throw failure.error;
  } catch (error) {
    await target.truncate(frontier());
    throw error;
  }
}
