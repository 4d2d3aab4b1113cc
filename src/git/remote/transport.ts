import type { Oid } from '../../domain/event.js';
import type { ArtifactName } from '../../domain/names.js';
import type { RegError } from '../../errors.js';
import type { RefTips, TagRef } from '../port.js';

/** A bare repository of the cache. */
export interface CacheFolder {
  path: string;
  /** Where its objects are, which may be those of another one. */
  objects: string;
  /** Whether it was just made, and has neither refs nor objects of its own. */
  isFresh: boolean;
}

/** A remote repository, as it is reached. Every call throws RegError REMOTE_FAILED, INTERRUPTED, FILE_SYSTEM, GIT_MISSING. */
export interface Transport {
  /**
   * Whether it always speaks version 2 of git's protocol (gitprotocol-v2(5)): then servers narrow listings down, and send any
   * object that they have. Others may send only objects that their refs hold.
   */
  isVersion2: boolean;
  /** The tags of one artifact or of all, with what annotated ones lead to; one artifact is asked for where `isVersion2`. */
  listTags(scope: ArtifactName | 'all'): Promise<TagRef[]>;
  /** What every ref leads to now. */
  tips(): Promise<RefTips>;
  /** The branch that HEAD is on; undefined where it is on none. */
  defaultBranch(): Promise<string | undefined>;
  /**
   * Brings refs and objects into a folder.
   * @returns undefined when they came; otherwise why not. To some transports a server that cannot be reached looks like one that
   * does not send what is wanted.
   */
  fetch(wants: Wants, into: CacheFolder): Promise<RegError | undefined>;
}

/** What to fetch. */
export interface Wants {
  /**
   * `+<source>:<ref>` brings an object and a ref to it. The source is the full name of a ref, a short one, an object id, or a
   * pattern with a `*` at its end. An object id alone brings no ref (git-fetch(1)).
   */
  refspecs: readonly string[];
  /** Leaves out objects; a server that cannot filter sends more (git-rev-list(1), --filter). */
  filter: 'tree:0' | 'tree:1' | 'blob:none' | undefined;
  /** Leaves out the history of what is wanted. */
  shallow: boolean;
}

export type ObjectType = 'commit' | 'tree' | 'blob' | 'tag';

/** Receives what comes into a folder, for a transport that does so itself. */
export interface Receiver {
  has(oid: Oid): Promise<boolean>;
  /**
   * Stores a pack as it comes.
   * @returns the ids of its objects
   * @throws RegError GIT_MISSING when it is too large; Error when it is broken
   */
  addPack(pack: AsyncIterable<Uint8Array>): Promise<ReadonlySet<Oid>>;
  /** The type of an object, and the objects that it leads to; undefined where it is missing or broken. Submodules are elsewhere. */
  links(
    oid: Oid,
  ): Promise<{ type: ObjectType; links: readonly { type: ObjectType; oid: Oid }[] } | undefined>;
  /** The refs of the folder, by full name. */
  refs(): Promise<Map<string, Oid>>;
  setRefs(refs: ReadonlyMap<string, Oid>): Promise<void>;
  /** Notes commits at which history is cut off. */
  addShallow(commits: readonly Oid[]): Promise<void>;
}
