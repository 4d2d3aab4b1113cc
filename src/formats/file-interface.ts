import type { ModelInterface } from '../interface/fits.js';
import { ggufInterface } from './gguf-interface.js';
import { onnxInterface } from './onnx-interface.js';
import type { ReadAt } from './peek.js';
import { readTensorHeader } from './safetensors.js';

/**
 * What a model file says of its interface: ONNX of inputs, outputs and metadata, safetensors and GGUF of tensors and metadata;
 * undefined for other formats. The file is read once, from its beginning on, and its weights are passed over.
 * @throws RegError INVALID_MODEL for a file that is none of its format
 */
export async function fileInterface(read: ReadAt, size: number): Promise<ModelInterface | undefined> {
  const head = Buffer.from(await read(0, Math.min(size, 16)));
  if (head.toString('latin1', 0, 4) === 'GGUF') return ggufInterface(read);
  if (head[8] === 0x7b && head.readBigUInt64LE() <= BigInt(size - 8)) return tensorsOf(read, size);
  // the version comes first: field 1, a number
  if (head[0] !== 0x08) return undefined;
  const at = async (start: number, length: number): Promise<Buffer> =>
    Buffer.from(await read(start, Math.min(size, start + length)));
  return onnxInterface({ at }, size);
}

async function tensorsOf(read: ReadAt, size: number): Promise<ModelInterface> {
  const { tensors, metadata } = await readTensorHeader(read, size);
  return {
    tensors: Object.fromEntries(tensors.map(({ name, dtype, shape }) => [name, { dtype, shape }])),
    metadata,
  };
}
