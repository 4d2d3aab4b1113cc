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

/** A tag ref to create. */
export interface NewRef {
  tagName: string;
  oid: Oid;
}

/** A tag ref as a remote has it, to be kept here too. */
export interface KeptRef extends NewRef {
  /** What may be here in its place; undefined for nothing. */
  replaces?: Oid | undefined;
}

/**
 * Whose turn it is to write about an artifact in a repository, this one or a remote: what was written last, as far as
 * writers told. It keeps two writers apart and answers no question about the registry.
 */
export interface Turn {
  artifact: ArtifactName;
  /** The object that stands for the last write; undefined when there was none. */
  last: Oid | undefined;
}

/** Writes tags. */
export interface TagWriter {
  /**
   * The identity that git would use.
   * @throws RegError NO_IDENTITY
   */
  identity(): Promise<Identity>;
  /** Stores a tag object, without a ref to it yet; `bytes` as `encodeTag` makes them. */
  writeTagObject(bytes: Uint8Array): Promise<Oid>;
  /** Whether git's configuration asks for a signature on every tag (git-config(1), tag.gpgSign). */
  signsTags(): Promise<boolean>;
  /**
   * Stores a signed tag object, without a ref to it yet; with which program and key, git's configuration says.
   * @throws RegError SIGNING_FAILED
   */
  signTag(tag: TagObject): Promise<Oid>;
  /** Takes a turn, before what is to be decided upon is read. */
  takeTurn(artifact: ArtifactName): Promise<Turn>;
  /**
   * Creates all refs or none; none when somebody else has written about the artifact since the turn was taken.
   * @returns undefined when done; what git said when not, which need not be final: another writer may have been at it
   */
  createTags(refs: readonly NewRef[], turn: Turn): Promise<string | undefined>;
  /** Deletes all refs or none; each must still hold its object. Otherwise as `createTags`. */
  deleteTags(refs: readonly NewRef[], turn: Turn): Promise<string | undefined>;
  /** Writes what a remote has, whoever's turn it is: their objects are here. Gives what git said when it could not. */
  keepTags(refs: readonly KeptRef[]): Promise<string | undefined>;
}
