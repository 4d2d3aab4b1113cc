import type { AnnotatedTag, Oid } from '../../domain/event.js';
import type { ArtifactName } from '../../domain/names.js';

/** A tag as a listing shows it. */
export interface TagRef {
  /** The short name, without `refs/tags/`. */
  name: string;
  /** What the ref holds: a tag object, or for a lightweight tag the object itself. */
  oid: Oid;
  /**
   * What an annotated tag leads to; undefined for a lightweight one; 'unknown' where the listing could not tell, because an
   * object is missing or damaged. Every ref of a `TagList` has it.
   */
  peeled?: Oid | 'unknown' | undefined;
}

/** Tags as a listing shows them, by name. */
export interface TagList {
  refs: Iterable<TagRef>;
  /** Readings of objects that came with the list, by tag name. */
  known: ReadonlyMap<string, TagReading>;
}

/**
 * The tags of a repository. No tag, however broken, keeps another from being read, as far as a remote serves them. A tag whose
 * name holds neither `@` nor `#` is no event, and may be left out of a list.
 */
export interface Tags {
  /** The tags of one artifact (all whose names begin as its tags do), or of all; narrowed at the source. */
  list(scope: ArtifactName | 'all'): Promise<TagList>;
  /** Tag objects, in one go, in the order of `refs`. A single object never makes it throw: its reading has a defect instead. */
  read(refs: readonly TagRef[]): Promise<TagReading[]>;
}

/** A tag as a listing shows it that follows tags to their end. */
export interface PeeledTagRef extends TagRef {
  /** What an annotated tag leads to; undefined for a lightweight one, and for one that git cannot follow. */
  peeledOid: Oid | undefined;
}

/** Why a tag cannot be an event although its name is one (SPEC §1). */
export type TagDefect = 'lightweight' | 'malformed' | 'not-a-commit' | 'missing';

/** A tag as its object shows it: readable, or with what is wrong. */
export type TagReading =
  /** `oddities` are worth telling but change nothing, such as a name of its own that differs from the ref's. */
  { tag: AnnotatedTag; oddities: readonly string[] } | { ref: TagRef; defect: TagDefect; detail: string };
