import { type BigIntStats, lstatSync } from 'node:fs';

/** What tells whether a plain file was written since: the file itself, its size, and its times of change. */
export interface Stamp {
  /** Bytes. */
  size: number;
  /** Device, inode, size and the time of the last write: the same while nothing was written. */
  text: string;
  /** The time of the last change to the file or to what the system knows of it, which no program can set, in nanoseconds. */
  changed: string;
  /** The time of the last write, in milliseconds since the epoch. */
  writtenMs: number;
  /** Whether no user may write to it. */
  isReadOnly: boolean;
  /** How long the clock of the file system stands still, in milliseconds. */
  tickMs: number;
}

/** The stamp of a plain file by what the system says of it. */
export const stampOf = ({ dev, ino, size, mode, mtimeNs, ctimeNs }: BigIntStats): Stamp => ({
  size: Number(size),
  text: `${dev} ${ino} ${size} ${mtimeNs}`,
  changed: `${ctimeNs}`,
  writtenMs: Number(mtimeNs / NS_PER_MS),
  isReadOnly: (mode & 0o222n) === 0n,
  tickMs: mtimeNs % NS_PER_MS === 0n ? COARSE_TICK_MS : FINE_TICK_MS,
});

const NS_PER_MS = 1_000_000n;
/** A file system with nanoseconds goes by the clock of the kernel, which ticks at least a hundred times a second. */
const FINE_TICK_MS = 20;
/** Others keep times to two seconds (FAT). */
const COARSE_TICK_MS = 2000;

/** The stamp of a plain file at a path; undefined for anything else. No symbolic link is followed. */
export function stampAt(path: string): Stamp | undefined {
  const found = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return found?.isFile() ? stampOf(found) : undefined;
}

/** Whether nothing was written to a file between two looks. */
export const isUnchanged = (one: Stamp, other: Stamp | undefined): boolean =>
  other !== undefined && one.text === other.text && one.changed === other.changed;

/**
 * Whether the file was last written so long before a time that a later write has another time of its own. Git calls an entry of the
 * index that is not settled racy (git-update-index(1), gitformat-index(5)).
 */
export const isSettled = ({ writtenMs, tickMs }: Stamp, atMs: number): boolean => writtenMs < atMs - tickMs;
