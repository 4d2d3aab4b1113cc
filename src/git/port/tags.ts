import type { AnnotatedTag, Oid } from '../../domain/event.js';
import type { ArtifactName } from '../../domain/names.js';
import type { TagListing } from '../tag-listing.js';

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

/** Reads tags that are known by name. */
export interface NamedTagReader {
  readTags(refs: readonly TagRef[]): Promise<TagReading[]>;
}

/**
 * Reads tags. No tag, however broken, keeps another from being read, as far as a remote serves them. A tag whose name holds
 * neither `@` nor `#` is none of a registry's business, and may be left out of the answers about every tag. A remote's
 * listing shows a tag that it cannot follow as it shows a lightweight one.
 */
export interface TagReader {
  /** Every tag, or every tag whose name begins as the tags of one artifact do. */
  listTags(artifact?: ArtifactName): Promise<TagRef[]>;
  /**
   * Every tag, with what an annotated one leads to; undefined where a broken tag ends the listing. A tag that is packed with
   * what it leads to may be broken all the same: whoever rests upon one reads its object.
   */
  listPeeledTags(): Promise<TagListing | undefined>;
  /** The objects of every tag, of the tags of one artifact, or of these tags. */
  readTags(which?: ArtifactName | readonly TagRef[]): Promise<TagReading[]>;
}
