import type { Format } from './format.js';
import type { Peek } from './peek.js';

/** What a format begins with, and what else has to be right for it to be that. */
interface Signature {
  format: Format;
  /** Where the bytes are. */
  offset: number;
  bytes: Buffer;
  /** The shortest file of this format; `isRight` may read that far. */
  least: number;
  isRight(file: Peek): boolean | Promise<boolean>;
}

const signature = (
  format: Format,
  bytes: string,
  least: number,
  isRight: Signature['isRight'],
  offset = 0,
): Signature => ({ format, offset, bytes: Buffer.from(bytes, 'latin1'), least, isRight });

const SIGNATURES: readonly Signature[] = [
  // a version and two counts, little-endian or since version 3 big-endian too (ggml, docs/gguf.md, "File Structure")
  signature(
    'gguf',
    'GGUF',
    16,
    ({ head }) => isVersion(head.readUInt32LE(4)) || isVersion(head.readUInt32BE(4)),
  ),
  // what whisper.cpp reads: 0x67676d6c, then the sizes of vocabulary and context (whisper.cpp, whisper_model_load)
  signature('ggml', 'lmgg', 48, ({ head }) => isCount(head.readUInt32LE(4)) && isCount(head.readUInt32LE(8))),
  // 0x67676d66 and 0x67676a74 with a version, before GGUF (ggml, docs/gguf.md, "Historical State of Affairs")
  signature('ggml', 'fmgg', 36, ({ head }) => isVersion(head.readUInt32LE(4))),
  signature('ggml', 'tjgg', 36, ({ head }) => isVersion(head.readUInt32LE(4))),
  // the dictionary that describes the array (NumPy, numpy.lib.format, "Format Version 1.0")
  signature('npy', '\x93NUMPY', 16, hasArrayHeader),
  // the length of the footer and the signature again (Apache Parquet, README, "File format")
  signature('parquet', 'PAR1', 12, hasFooter),
  // file_identifier of a flatbuffer, which begins with where its root is (TensorFlow Lite, schema.fbs)
  signature('tflite', 'TFL3', 16, ({ head, size }) => isWithin(head.readUInt32LE(0), 8, size - 4), 4),
  // MODEL_FILE_DESCRIPTOR_CHARS, then the size of the core (CatBoost, catboost/libs/model/model.cpp)
  signature('catboost', 'CBM1', 16, ({ head, size }) => isWithin(head.readUInt32LE(4), 8, size - 8)),
  // deflate is the only method, three flags are reserved (RFC 1952, 2.3.1)
  signature('gzip', '\x1f\x8b\x08', 18, ({ head }) => (head.readUInt8(3) & 0xe0) === 0),
  signature('hdf5', '\x89HDF\r\n\x1a\n', 48, ({ head }) => head.readUInt8(8) <= 3),
  // nothing but the brace, so that the lengths have to fit (safetensors, README, "Format")
  signature('safetensors', '{', 10, hasTensorHeader, 8),
];

/** Recognises what begins with bytes that nothing else begins with. */
export async function signatureFormat(file: Peek): Promise<Format | undefined> {
  for (const { format, offset, bytes, least, isRight } of SIGNATURES) {
    if (file.head.length < least || !file.head.subarray(offset).subarray(0, bytes.length).equals(bytes))
      continue;
    if (await isRight(file)) return format;
  }
  return undefined;
}

/**
 * Recognises HDF5 behind a user block, such as MATLAB writes one: the signature is at 512 or at a power of two above (HDF5 File
 * Format Specification, II.A "Superblock"); what is farther than 2048 is not looked for.
 */
export async function hdf5Format({ head }: Peek): Promise<Format | undefined> {
  const isThere = [512, 1024, 2048].some(
    (at) => head.toString('latin1', at, at + 8) === '\x89HDF\r\n\x1a\n' && (head[at + 8] ?? 4) <= 3,
  );
  return isThere ? 'hdf5' : undefined;
}

/** A version of a format is a small number, which no text is. */
const isVersion = (value: number): boolean => value >= 1 && value <= 16;
const isCount = (value: number): boolean => isWithin(value, 1, 1 << 24);
const isWithin = (value: number, least: number, most: number): boolean => value >= least && value <= most;

function hasArrayHeader({ head, size }: Peek): boolean {
  const [major = 0, minor] = head.subarray(6, 8);
  if (!isWithin(major, 1, 3) || minor !== 0) return false;
  const start = major === 1 ? 10 : 12;
  const length = major === 1 ? head.readUInt16LE(8) : head.readUInt32LE(8);
  return start + length <= size && /^\{.*'descr'\s*:/.test(head.toString('latin1', start, start + length));
}

async function hasFooter(file: Peek): Promise<boolean> {
  const end = await file.at(file.size - 8, 8);
  return (
    end.length === 8 &&
    end.toString('latin1', 4) === 'PAR1' &&
    isWithin(end.readUInt32LE(0), 1, file.size - 12)
  );
}

async function hasTensorHeader(file: Peek): Promise<boolean> {
  const length = file.head.readBigUInt64LE(0);
  if (length < 2n || length > BigInt(Math.min(file.size - 8, 100_000_000))) return false;
  const last = await file.at(7 + Number(length), 1);
  // an object that is empty or begins with a name, and ends where the length says, padded with spaces
  return /^\{\s*["}]/.test(file.head.toString('latin1', 8)) && /[} ]/.test(last.toString('latin1'));
}
