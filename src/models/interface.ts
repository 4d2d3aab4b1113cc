import type { Readable } from 'node:stream';
import { type ModelInterface, readInterface } from '../formats/interface.js';
import type { ReadAt } from '../formats/read-at.js';
import type { SourceFile, SourceModel } from './source.js';

/** The limit for the files of a model; with more of them none is read. */
const MAX_PARTS = 500;

/**
 * The interface that the files of a model declare; undefined where they declare none. Tensors of several files belong to one
 * model; in a folder only files with the names of model formats are read.
 * @throws RegError INVALID_MODEL, and what reading a source throws
 */
export async function interfaceOf({ kind, files }: SourceModel): Promise<ModelInterface | undefined> {
  const models =
    kind === 'file' ? files : files.filter(({ path }) => /\.(onnx|gguf|safetensors)$/i.test(path));
  if (models.length > MAX_PARTS) return undefined;
  let whole: ModelInterface | undefined;
  for (const file of models) {
    const part = await interfaceIn(file);
    if (part !== undefined) whole = whole === undefined ? part : joined(whole, part);
  }
  return whole;
}

async function interfaceIn(file: SourceFile): Promise<ModelInterface | undefined> {
  // without the size of the file its offsets cannot be checked
  if (file.size === undefined) return undefined;
  const { read, close } = readForward(file);
  try {
    return await readInterface(read, file.size);
  } finally {
    close();
  }
}

/** Several graphs in one folder are several models: the inputs and outputs of the whole are not known. */
const joined = (one: ModelInterface, other: ModelInterface): ModelInterface => ({
  inputs: one.inputs && other.inputs ? undefined : (one.inputs ?? other.inputs),
  outputs: one.outputs && other.outputs ? undefined : (one.outputs ?? other.outputs),
  tensors: { ...one.tensors, ...other.tensors },
  metadata: { ...one.metadata, ...other.metadata },
});

/** Reads parts of a file in the order of their bytes. */
interface ForwardReading {
  read: ReadAt;
  /** Ends it; nothing more is fetched. */
  close(): void;
}

/** The last bytes stay in memory, so that a reader may go back a little. */
const KEPT_BYTES = 64 * 1024;
/** A longer gap is skipped by a new request, a shorter one by reading. */
const LONG_GAP_BYTES = { here: 256 * 1024, elsewhere: 8 * 1024 * 1024 };

/**
 * Reads parts of a file, each after the one before, and keeps nothing else: a gap between them is read and dropped, or skipped
 * where the source can be read from the middle.
 */
export function readForward(file: SourceFile): ForwardReading {
  let kept: Buffer = Buffer.alloc(0);
  let start = 0;
  let stream: Readable | undefined;
  let chunks: AsyncIterator<Uint8Array> | undefined;
  const close = (): void => {
    stream?.destroy();
    chunks = undefined;
  };
  const openAt = async (at: number): Promise<AsyncIterator<Uint8Array>> => {
    close();
    const { size } = file;
    stream = await file.open(at === 0 || size === undefined ? undefined : { start: at, end: size });
    [kept, start] = [Buffer.alloc(0), at];
    chunks = (stream as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
    return chunks;
  };
  const canSkip = (at: number): boolean => {
    const far = file.isHere ? LONG_GAP_BYTES.here : LONG_GAP_BYTES.elsewhere;
    return file.ranges && file.size !== undefined && at - (start + kept.length) > far;
  };
  const read: ReadAt = async (from, end) => {
    if (from < start) throw new Error(`byte ${from} was read already`);
    let source = chunks ?? (await openAt(0));
    if (canSkip(from)) source = await openAt(from);
    const wanted: Uint8Array[] = [];
    for (let at = start + kept.length; at < end; ) {
      const { value, done } = await source.next();
      if (done) break;
      at += value.length;
      if (at > from) wanted.push(value);
      else {
        kept = Buffer.concat([kept, value]).subarray(-KEPT_BYTES);
        start = at - kept.length;
      }
    }
    kept = Buffer.concat([kept, ...wanted]);
    const surplus = from - start - KEPT_BYTES;
    if (surplus > 0) [kept, start] = [kept.subarray(surplus), start + surplus];
    return kept.subarray(Math.max(0, from - start), Math.max(0, end - start));
  };
  return { read, close };
}
