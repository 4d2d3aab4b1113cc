import { RegError } from '../errors.js';
import type { SourceFile } from './model.js';

const PART = 8 * 1024 * 1024;
const AT_ONCE = 4;
const TRIES = 5;

/** How to read a file. */
export interface ReadOptions {
  /** The offset to begin at, in bytes. */
  start?: number;
  /**
   * Whether somebody knows which bytes are meant. Several requests may see several versions of an object, so that without it
   * everything comes from one.
   */
  isKnown?: boolean;
}

/**
 * The bytes of a file from an offset to its end, in order. A large file whose bytes are known comes in several parts at a time
 * where its source can be read from the middle, and what was cut off goes on from where it ended. Memory is bounded by the parts under way.
 * @throws RegError what opening throws; STORE_FAILED, REMOTE_FAILED when it broke off again and again
 */
export async function* bytesOf(
  file: SourceFile,
  { start = 0, isKnown = false }: ReadOptions = {},
): AsyncGenerator<Uint8Array> {
  if (!file.ranges || file.size === undefined || !(isKnown || file.digest || file.isHere)) {
    if (start > 0) throw new RegError('INTERNAL', `${file.path} cannot be read from the middle`);
    yield* await file.open();
  } else if (file.isHere || file.size - start <= PART) yield* untilWhole(file, start, file.size);
  else yield* inParts(file, start, file.size);
}

async function* inParts(file: SourceFile, start: number, size: number): AsyncGenerator<Uint8Array> {
  const coming: Promise<Uint8Array[]>[] = [];
  let next = start;
  const ask = (): void => {
    if (next >= size) return;
    const end = Math.min(next + PART, size);
    const part = collect(untilWhole(file, next, end));
    // a part that fails while an earlier one is written is told when its turn comes
    part.catch(() => undefined);
    coming.push(part);
    next = end;
  };
  for (let count = 0; count < AT_ONCE; count += 1) ask();
  for (let part = coming.shift(); part; part = coming.shift()) {
    yield* await part;
    ask();
  }
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return all;
}

/** One part, asked for again from where it broke off; each try must bring something, or count as one in vain. */
async function* untilWhole(file: SourceFile, start: number, end: number): AsyncGenerator<Uint8Array> {
  let at = start;
  for (let inVain = 0; at < end; ) {
    const before = at;
    // what cannot even be opened was tried by its source as often as makes sense
    const stream = await file.open({ start: at, end });
    try {
      for await (const chunk of stream as AsyncIterable<Uint8Array>) {
        at += chunk.length;
        yield chunk;
      }
      if (at < end) throw new RegError('STORE_FAILED', `${file.path} ended after ${at} of ${end} bytes`);
    } catch (error) {
      inVain = at > before ? 0 : inVain + 1;
      if (!isBrokenOff(error) || inVain === TRIES) throw error;
    }
  }
}

const isBrokenOff = (error: unknown): boolean =>
  error instanceof RegError && (error.code === 'STORE_FAILED' || error.code === 'REMOTE_FAILED');
