import { createReadStream } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { RegError } from '../errors.js';
import type { ReadAt } from '../formats/read-at.js';
import { canRunCode, type Format, recogniseFormat } from '../formats/recognise.js';
import type { Tensors } from '../formats/safetensors.js';
import type { LoadedModel } from './load.js';

/** A model on this machine's disk, and what is in it: what `load()` gives. */
export interface Model extends LoadedModel {
  /**
   * The bytes of a single file.
   * @throws RegError SOURCE_UNSUPPORTED for a folder
   */
  bytes(): Promise<Uint8Array>;
  /** The same as a stream. */
  stream(): Readable;
  /** The format of a single file, by its bytes and never by its name; undefined where they do not tell. */
  format(): Promise<Format | undefined>;
  /**
   * The tensors of a safetensors file, read when they are asked for.
   * @throws RegError INVALID_MODEL for another format, or one that is damaged
   */
  tensors(): Promise<Tensors>;
}

/** Gives a loaded model the calls that read it. */
export function readable(loaded: LoadedModel): Model {
  const file = (): string => singleFile(loaded);
  return {
    ...loaded,
    bytes: async () => readFile(file()),
    stream: () => createReadStream(file()),
    format: async () => formatOf(loaded),
    tensors: async () => {
      const { readSafetensors } = await import('../formats/safetensors.js');
      return readSafetensors(readerOf(file()), loaded.size);
    },
  };
}

/**
 * The path of a model that is one file.
 * @throws RegError SOURCE_UNSUPPORTED for a folder
 */
export function singleFile({ artifact, kind, path }: LoadedModel): string {
  if (kind === 'file') return path;
  throw new RegError('SOURCE_UNSUPPORTED', `${artifact} is a folder, not one file`, 'load it to a folder');
}

const formatOf = async ({ kind, path, size }: LoadedModel): Promise<Format | undefined> =>
  kind === 'file' ? recogniseFormat(readerOf(path), size) : undefined;

/** What to tell about a model whose format runs code when it is opened by its own tools; undefined for others. */
export async function warningOf(loaded: LoadedModel): Promise<string | undefined> {
  const format = await formatOf(loaded);
  if (format === undefined || !canRunCode(format)) return undefined;
  return `${loaded.path} is a ${format} file: opening it can run code that is in it; trust its source, or use safetensors`;
}

/** Reads parts of a file; each opens it anew, so that nothing is left open. */
const readerOf =
  (path: string): ReadAt =>
  async (start, end) => {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(end - start), 0, end - start, start);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  };
