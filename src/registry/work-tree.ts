import type { Oid } from '../domain/event.js';
import { RegError } from '../errors.js';
import type { Objects, RegistryRepository } from '../git/port.js';
import { openWorkTree, type WorkTree } from '../util/files.js';

/**
 * Opens the work tree of a registry. A file that the index has and that is not checked out by design, as in a sparse checkout, is read from
 * there: it was not deleted (docs/specification.md, 5 Commands, Files).
 */
export function openCheckout(
  root: string,
  repository: Pick<RegistryRepository, 'objects' | 'notCheckedOut'>,
): WorkTree {
  const files = openWorkTree(root);
  return {
    ...files,
    read: async (path) => {
      const bytes = await files.read(path);
      if (bytes !== undefined) return bytes;
      const oid = (await repository.notCheckedOut(path)).get(path);
      return oid === undefined ? undefined : readBlob(repository.objects, oid, path);
    },
    find: async (suffix) => {
      const [here, others] = await Promise.all([files.find(suffix), repository.notCheckedOut(suffix)]);
      return [...new Set([...here, ...[...others.keys()].filter(isNoPackage)])].sort();
    },
  };
}

const isNoPackage = (path: string): boolean => !path.split('/').includes('node_modules');

/** No larger file says how a registry is used. */
const MAX_FILE_BYTES = 16 * 1024 * 1024;

/**
 * Reads a small file by its object.
 * @throws RegError TOO_LARGE
 */
export async function readBlob(objects: Pick<Objects, 'blob'>, oid: Oid, path: string): Promise<Uint8Array> {
  const bytes = await objects.blob(oid, MAX_FILE_BYTES + 1);
  if (bytes.length <= MAX_FILE_BYTES) return bytes;
  throw new RegError(
    'TOO_LARGE',
    `${path} has more than ${MAX_FILE_BYTES} bytes, and no more are read of it`,
  );
}
