import type { Format } from './format.js';
import { type Peek, peekAt, type ReadAt } from './peek.js';
import { pickleFormat } from './pickle.js';
import { protobufFormat } from './protobuf-models.js';
import { hdf5Format, signatureFormat } from './signatures.js';
import { textFormat } from './text-models.js';
import { zipFormat } from './zip-models.js';

export { canRunCode, type Format } from './format.js';
export type { ReadAt } from './peek.js';

/** The surest first: what begins with bytes of its own needs no look at the rest. */
const LOOKS: readonly ((file: Peek) => Promise<Format | undefined>)[] = [
  signatureFormat,
  zipFormat,
  textFormat,
  pickleFormat,
  protobufFormat,
  hdf5Format,
];

/**
 * Tells the format of a model file by its bytes, never by its name; undefined where they do not tell it surely, which they do
 * for an empty file, text, or one that was cut off. However large the file, at most a few hundred KiB of it are read, and
 * 1 MiB more of the table of contents of a large zip.
 * @param size of the file, in bytes
 */
export async function recogniseFormat(read: ReadAt, size: number): Promise<Format | undefined> {
  const file = await peekAt(read, size);
  for (const look of LOOKS) {
    const format = await look(file);
    if (format !== undefined) return format;
  }
  return undefined;
}
