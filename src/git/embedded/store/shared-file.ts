import { type FileHandle, open } from 'node:fs/promises';

/** Lets something use an open file. */
export type UseFile = <T>(use: (file: FileHandle) => Promise<T>) => Promise<T>;

/** Gives what opens a file for those who use it at the same time, and closes it behind the last of them. */
export function sharedFile(path: string): UseFile {
  let users = 0;
  let opened: Promise<FileHandle> | undefined;
  return async (use) => {
    users += 1;
    opened ??= open(path);
    const mine = opened;
    try {
      return await use(await mine);
    } finally {
      users -= 1;
      if (users === 0) {
        opened = undefined;
        await mine.then(
          (file) => file.close(),
          () => undefined,
        );
      }
    }
  };
}
