import type { Oid } from '../../domain/event.js';
import type { ArtifactName } from '../../domain/names.js';
import type { RefTips } from './objects.js';
import type { PeeledTagRef } from './tags.js';
import type { NewRef, Turn } from './writer.js';

/** What a remote has of one artifact. */
export interface RemoteListing {
  /** Every tag whose name begins as the tags of the artifact do. */
  tags: PeeledTagRef[];
  /** Its branches and HEAD, by full name, which come in the same answer: the rules for writing are on one of them. */
  tips: RefTips;
  /** Whose turn it is there: of two writers that took the same one, one push is accepted. */
  turn: Turn;
}

/** A pause that lets writers come apart who were in each other's way. */
export type Rest = () => Promise<void>;

/** How a push ended, told by what the remote has afterwards, never by git's exit code (DESIGN, facts measured). */
export type PushResult =
  | { outcome: 'done' }
  /**
   * Another writer was faster; nothing was taken, and deciding again is worth it: on `listing`, which the remote gave after
   * the rest, or on a new one where that is undefined.
   */
  | { outcome: 'lost'; reason: string; listing: RemoteListing | undefined }
  /** The remote was reached and will not take it; `reason` is its own. */
  | { outcome: 'refused'; reason: string }
  /** There was no answer. Asked afterwards, the remote is as it was before, but it may still be at it. */
  | { outcome: 'unanswered'; reason: string }
  /** There was no answer, and now the remote cannot be asked either. */
  | { outcome: 'unknown'; reason: string };

/** Talks to a remote about tags. Every call throws RegError REMOTE_FAILED when it cannot be reached; then nothing was sent. */
export interface TagRemote {
  /** Every tag of a remote. */
  listRemoteTags(remote: string): Promise<PeeledTagRef[]>;
  /** The tags of one artifact at a remote. */
  listRemoteArtifact(remote: string, artifact: ArtifactName): Promise<RemoteListing>;
  /** Brings the objects of exactly these tags here, without a ref to them yet. */
  fetchTags(remote: string, tags: readonly PeeledTagRef[]): Promise<void>;
  /** What refs of a remote hold, by full name, those that fit one of these patterns; the remote `.` is this repository. */
  listRemoteRefs(remote: string, patterns: readonly string[]): Promise<Map<string, Oid>>;
  /**
   * Creates tags at a remote, all or none; a tag with the same object that is there already is as good.
   * @param turn undefined for tags that are no events
   * @param rest waited for before the remote is asked about a push that seems lost to another writer
   */
  pushTags(remote: string, refs: readonly NewRef[], turn: Turn | undefined, rest?: Rest): Promise<PushResult>;
  /** Deletes tags at a remote that still hold these objects, all or none. */
  deleteRemoteTags(remote: string, refs: readonly NewRef[], turn: Turn, rest?: Rest): Promise<PushResult>;
}
