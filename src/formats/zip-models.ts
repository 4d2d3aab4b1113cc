import type { Format } from './format.js';
import type { Peek } from './peek.js';
import { readZipDirectory } from './zip-directory.js';

/**
 * Recognises the formats that are zip files, by the names in them:
 * - torch: `data.pkl` in a folder at the top, of any name (PyTorch, torch/serialization.py and caffe2/serialize/inline_container.h)
 * - keras: `config.json` beside `model.weights.h5`, or `.npz` (Keras, keras/src/saving/saving_lib.py)
 * - npz: arrays alone (NumPy, numpy.savez)
 */
export async function zipFormat(file: Peek): Promise<Format | undefined> {
  const directory = await readZipDirectory(file);
  if (directory === undefined) return undefined;
  const { names, isWhole } = directory;
  // the one that runs code comes first, for a file may be made to look like two
  if (names.some((name) => /^[^/]+\/data\.pkl$/.test(name))) return 'torch';
  if (names.includes('config.json') && names.some((name) => /^model\.weights\.(h5|npz)$/.test(name)))
    return 'keras';
  if (isWhole && names.length > 0 && names.every((name) => name.endsWith('.npy'))) return 'npz';
  return 'zip';
}
