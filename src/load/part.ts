import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { modelOnDisk } from '../sources/identity.js';

/** What is being loaded, beside its target, until it is whole; it belongs to one process at a time. */
export interface Part {
  /** Where to write; what an earlier process left is there. */
  path: string;
  /** Whether nothing is there yet. */
  isFresh: boolean;
  /** Lets the next process go on from here. */
  giveBack(): Promise<void>;
  /** Throws it away; nothing happens when it was moved. */
  drop(): Promise<void>;
}

/** Milliseconds without a write after which a part's process is taken for dead; every source gives up sooner. */
const ABANDONED = 10 * 60 * 1000;

/**
 * Takes what an earlier process left of the same bytes beside a target, or begins anew. Taking is renaming, so that no two
 * processes ever write to one part.
 * @param key stands for the bytes: parts of other bytes are not touched
 * @param now milliseconds since the epoch
 */
export async function takePart(target: string, key: string, now: number): Promise<Part> {
  const folder = dirname(target);
  await mkdir(folder, { recursive: true });
  const stem = `.${basename(target)}.${key}`;
  const given = join(folder, `${stem}.part`);
  const path = join(folder, `${stem}.${randomUUID()}.part`);
  let isFresh = true;
  for (const left of [given, ...(await abandoned(folder, stem, now))])
    if (isFresh) isFresh = !(await renamed(left, path));
  return {
    path,
    isFresh,
    giveBack: async () => void ((await holdsBytes(path)) && (await renamed(path, given))),
    drop: () => rm(path, { recursive: true, force: true, maxRetries: 3 }),
  };
}

async function abandoned(folder: string, stem: string, now: number): Promise<string[]> {
  const names = (await readdir(folder)).filter(
    (name) => name.startsWith(`${stem}.`) && name.endsWith('.part'),
  );
  const paths = names.map((name) => join(folder, name));
  const times = await Promise.all(paths.map((path) => lastWrite(path)));
  return paths.filter((_, index) => now - (times[index] ?? now) > ABANDONED);
}

/** Whether a file, or any file of a folder, has a byte in it. */
async function holdsBytes(path: string): Promise<boolean> {
  const found = await modelOnDisk(path);
  return found?.files.some(({ size = 0 }) => size > 0) ?? false;
}

/** When a file, or any file of a folder, was last written. */
async function lastWrite(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isDirectory()) return found?.mtimeMs ?? Number.POSITIVE_INFINITY;
  const inside = await readdir(path, { recursive: true }).catch(() => []);
  const times = await Promise.all(
    inside.map(async (name) => (await stat(join(path, name)).catch(() => found)).mtimeMs),
  );
  return times.reduce((latest, time) => Math.max(latest, time), found.mtimeMs);
}

const renamed = (from: string, to: string): Promise<boolean> =>
  rename(from, to).then(
    () => true,
    () => false,
  );
