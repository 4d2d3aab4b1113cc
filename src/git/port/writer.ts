import type { Oid, Tagger } from '../../domain/event.js';
import type { ArtifactName } from '../../domain/names.js';
import type { TagObject } from '../tag-object.js';

/** Who writes, and what time it is for git (GIT_COMMITTER_DATE included). */
export interface Identity extends Tagger {
  /** Seconds since the epoch. */
  now: number;
  /** Offset from UTC as git writes it: `+0200`. */
  zone: string;
}

/** One ref to change, here or at a remote. Creating, moving and deleting are the same thing. */
export interface RefChange {
  /** The full name, such as `refs/tags/churn@v1.0.0`. */
  ref: string;
  /** What the ref must hold now; undefined: it must not exist. */
  from: Oid | undefined;
  /** What the ref holds afterwards; undefined: it does not exist. */
  to: Oid | undefined;
}

/**
 * Whose turn it is to write about an artifact in a repository, this one or a remote: what the last writer left there. It
 * keeps two writers apart and answers no question about the registry.
 */
export interface Turn {
  artifact: ArtifactName;
  /** The object that stands for the last write; undefined before the first one. */
  last: Oid | undefined;
}

/** What came of a change of refs. All refs change, or none does. */
export type Outcome =
  | { kind: 'done' }
  /**
   * Another writer was in the way, and deciding again is worth it. Of a push, look first whether the remote has the refs all
   * the same: a request that is sent twice is answered as lost the second time.
   */
  | { kind: 'lost'; reason: string }
  /** The remote answered that it will not change them; `reason` is its own. */
  | { kind: 'refused'; reason: string }
  /** The remote did not answer. It still is as it was, and may yet change them. */
  | { kind: 'unanswered'; reason: string }
  /** The remote did not answer, and cannot be asked either. */
  | { kind: 'unknown'; reason: string };

/** Writes tags. */
export interface TagWriter {
  /**
   * The identity that git would use.
   * @throws RegError NO_IDENTITY
   */
  identity(): Promise<Identity>;
  /** Whether git's configuration asks for a signature on every tag (git-config(1), tag.gpgSign). */
  signsTags(): Promise<boolean>;
  /**
   * Stores a tag object, without a ref to it yet. Git's configuration names the program and the key of a signature.
   * @throws RegError SIGNING_FAILED
   */
  storeTag(tag: TagObject, sign: boolean): Promise<Oid>;
  /** Takes a turn, before what is to be decided upon is read. */
  takeTurn(artifact: ArtifactName): Promise<Turn>;
  /**
   * Changes refs here, all or none.
   * @param turn nothing changes once another writer has written about the artifact since it was taken; without it, refs
   * follow what a remote has already, and every turn of their artifacts ends
   * @returns done or lost; git may give the reason of a loss again each time
   */
  changeRefs(refs: readonly RefChange[], turn?: Turn): Promise<Outcome>;
}
