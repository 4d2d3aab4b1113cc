import { fileInterface, type ModelInterface } from '../formats/interface.js';
import { readForward } from './forward.js';
import type { SourceFile, SourceModel } from './model.js';

/** The parts of a model that is kept in several files; more is not looked at. */
const MOST_PARTS = 500;

/**
 * What the files of a model say of its interface; undefined where they say nothing. Tensors of several files are those of one
 * model; in a folder the names of files tell which of them are models.
 * @throws RegError INVALID_MODEL, and what reading a source throws
 */
export async function interfaceOf({ kind, files }: SourceModel): Promise<ModelInterface | undefined> {
  const models =
    kind === 'file' ? files : files.filter(({ path }) => /\.(onnx|gguf|safetensors)$/i.test(path));
  if (models.length > MOST_PARTS) return undefined;
  let whole: ModelInterface | undefined;
  for (const file of models) {
    const part = await interfaceIn(file);
    if (part !== undefined) whole = whole === undefined ? part : joined(whole, part);
  }
  return whole;
}

async function interfaceIn(file: SourceFile): Promise<ModelInterface | undefined> {
  // where a source does not tell how large a file is, nobody knows what in it is possible
  if (file.size === undefined) return undefined;
  const { read, close } = readForward(file);
  try {
    return await fileInterface(read, file.size);
  } finally {
    close();
  }
}

/** Several graphs in one folder are several models, of which none is the whole: what they take and give is not known. */
const joined = (one: ModelInterface, other: ModelInterface): ModelInterface => ({
  inputs: one.inputs && other.inputs ? undefined : (one.inputs ?? other.inputs),
  outputs: one.outputs && other.outputs ? undefined : (one.outputs ?? other.outputs),
  tensors: { ...one.tensors, ...other.tensors },
  metadata: { ...one.metadata, ...other.metadata },
});
