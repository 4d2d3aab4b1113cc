import type { AnnotatedTag, Oid } from '../../domain/event.js';
import type { ArtifactName } from '../../domain/names.js';

/** A tag as a listing shows it. */
export interface TagRef {
  /** The short name, without `refs/tags/`. */
  name: string;
  /** What the ref holds: a tag object, or for a lightweight tag the object itself. */
  oid: Oid;
  /**
   * What an annotated tag leads to, through all tags; undefined for a lightweight one. 'unknown' where a listing here does not
   * know it, because an object is missing or corrupt; a remote then shows the tag as a lightweight one. Every listed ref has it.
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

/** Why a tag is not an event although its name is one (docs/specification.md, Tags). */
export type TagDefect = 'lightweight' | 'malformed' | 'not-a-commit' | 'missing';

/** A tag as its object shows it: readable, or with what is wrong. */
export type TagReading =
  /** `oddities` are worth a warning and change nothing, such as a name in the object that differs from the name of the ref. */
  { tag: AnnotatedTag; oddities: readonly string[] } | { ref: TagRef; defect: TagDefect; detail: string };
