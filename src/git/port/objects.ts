import type { Readable } from 'node:stream';
import type { Oid } from '../../domain/event.js';
import type { Signature } from '../../domain/signature.js';

/** One entry of a tree. */
export interface TreeEntry {
  /** The path from the root of the tree, `/` between parts. */
  path: string;
  /** `link` is a symbolic link, `commit` a submodule. */
  type: 'blob' | 'tree' | 'link' | 'commit';
  oid: Oid;
}

/** Reads commits, trees and blobs. */
export interface ObjectReader {
  /** The full id of the commit that a rev names, or undefined. */
  resolveCommit(rev: string): Promise<Oid | undefined>;
  /** The entry at a path (`''` is the root tree), or undefined. */
  entryAt(commit: Oid, path: string): Promise<TreeEntry | undefined>;
  /** All entries below a path that are not trees themselves, by path. */
  entriesBelow(commit: Oid, path: string): Promise<TreeEntry[]>;
  readBlob(oid: Oid): Promise<Uint8Array>;
  /** How many bytes these blobs have; what is only at a remote is brought here first, all in one go. */
  blobSizes(oids: readonly Oid[]): Promise<Map<Oid, number>>;
  /** The bytes of a blob, as they come; memory stays constant however large it is. */
  streamBlob(oid: Oid): Promise<Readable>;
}

/** A commit as a log tells it. */
export interface LoggedCommit {
  commit: Oid;
  /** Seconds since the epoch, of the commit itself; the author may have worked earlier. */
  time: number;
  author: string;
  email: string;
  /** The first line of its message. */
  subject: string;
}

/** Tells which commits lie between two others. */
export interface HistoryReader {
  /**
   * The commits that lead to `to` and not to `from`, newest first, at most so many: none at all says that `to` led to `from`.
   * Undefined where that cannot be told, because history was cut off or a commit is not there.
   * @throws RegError REMOTE_FAILED
   */
  commitsBetween(from: Oid, to: Oid, most: number): Promise<LoggedCommit[] | undefined>;
}

/** Tells which commits are on a branch. */
export interface BranchReader {
  /**
   * Those of these commits that do not lead to a tip; a commit that is missing is one of them.
   * @throws RegError SHALLOW where history was cut off, so that nobody can tell
   */
  strays(tip: Oid, commits: readonly Oid[]): Promise<Set<Oid>>;
  /** When a commit was made, in seconds since the epoch. */
  commitDate(commit: Oid): Promise<number>;
}

/** Checks signatures. */
export interface SignatureReader {
  /**
   * What comes of checking the signatures of tag objects; those without one are left out.
   * @param signers who may sign with which key; without it, git's configuration and keyring know
   */
  checkSignatures(oids: readonly Oid[], signers: Uint8Array | undefined): Promise<Map<Oid, Signature>>;
}

/** Commits by the full names of the refs that lead to them, `HEAD` among them. */
export type RefTips = ReadonlyMap<string, Oid>;
