import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { SourceFile } from '../model.js';
import type { PointedFile } from './follow.js';

/** What every file behind a pointer says of itself. */
export const describe = ({
  path,
  pointer: { oid, size },
}: PointedFile): Pick<SourceFile, 'path' | 'size' | 'digest'> => ({
  path,
  size,
  digest: { algorithm: 'sha256', value: oid },
});

/**
 * The file behind a pointer where git-lfs keeps it, `<folder>/ab/cd/<oid>` (docs/spec.md, "Intercepting Git"); undefined when no
 * folder has it. One of another size was not written to its end.
 */
export async function storedFile(
  folders: readonly string[],
  file: PointedFile,
): Promise<SourceFile | undefined> {
  const { oid, size } = file.pointer;
  for (const folder of folders) {
    const at = join(folder, oid.slice(0, 2), oid.slice(2, 4), oid);
    const found = await stat(at).catch(() => undefined);
    if (found?.isFile() && found.size === size)
      return {
        ...describe(file),
        ranges: true,
        open: async (range) => createReadStream(at, range && { start: range.start, end: range.end - 1 }),
      };
  }
  return undefined;
}
