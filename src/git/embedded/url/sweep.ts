import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

const DAY = 24 * 60 * 60 * 1000;

/** Removes what killed processes left in a folder: what is a day older than the newest. */
export async function sweep(folder: string): Promise<void> {
  const names = await readdir(folder);
  const dated = await Promise.all(
    names.map(async (name) => ({
      name,
      at: (await stat(join(folder, name)).catch(() => undefined))?.mtimeMs,
    })),
  );
  const newest = Math.max(...dated.map(({ at = 0 }) => at));
  for (const { name, at = newest } of dated)
    if (newest - at > DAY)
      await rm(join(folder, name), { recursive: true, force: true }).catch(() => undefined);
}
