import type { Oid } from '../../domain/event.js';
import type { ArtifactName } from '../../domain/names.js';
import type { RefTips } from './objects.js';
import type { TagRef } from './tags.js';
import type { Outcome, RefChange, Turn } from './writer.js';

/** What a remote has of one artifact. */
export interface RemoteListing {
  /** Every tag whose name begins as the tags of the artifact do. */
  tags: TagRef[];
  /** Its branches and HEAD, by full name. They come in the same answer, and one of them has the rules for writing. */
  tips: RefTips;
  /** Whose turn it is there: of two pushes with the same turn, the remote accepts one. */
  turn: Turn;
}

/** Talks to a remote about tags. Every call throws RegError REMOTE_FAILED when it cannot be reached; then nothing was sent. */
export interface TagRemote {
  /** Every tag of a remote. */
  listRemoteTags(remote: string): Promise<TagRef[]>;
  /** The tags of one artifact at a remote. */
  listRemoteArtifact(remote: string, artifact: ArtifactName): Promise<RemoteListing>;
  /** Brings the objects of exactly these tags here, without a ref to them yet. */
  fetchTags(remote: string, tags: readonly TagRef[]): Promise<void>;
  /** What refs of a remote hold, by full name, those that fit one of these patterns; the remote `.` is this repository. */
  listRemoteRefs(remote: string, patterns: readonly string[]): Promise<Map<string, Oid>>;
  /**
   * Changes refs at a remote, all or none. Every outcome but a lost one is read back from the remote, never taken from the
   * exit code of git.
   * @param turn undefined for tags that are not events
   */
  pushRefs(remote: string, refs: readonly RefChange[], turn: Turn | undefined): Promise<Outcome>;
}
