import type { Oid } from '../domain/event.js';
import type { Identity, TagWriter } from '../git/port.js';
import { encodeTag, type TagObject } from '../git/tag-object.js';

/** A tag on a commit that somebody is about to make. */
export interface NewTag {
  tagName: string;
  commit: Oid;
  /** Seconds since the epoch. */
  date: number;
  message: string;
}

/** The object of a new tag. */
export const tagObject = (
  { tagName, commit, date, message }: NewTag,
  { name, email, zone }: Identity,
): TagObject => ({
  object: commit,
  type: 'commit',
  tag: tagName,
  tagger: { name, email },
  date,
  zone,
  message,
});

/**
 * Stores a tag object, without a ref to it yet.
 * @throws RegError SIGNING_FAILED
 */
export const storeTag = (writer: TagWriter, tag: TagObject, sign: boolean): Promise<Oid> =>
  sign ? writer.signTag(tag) : writer.writeTagObject(encodeTag(tag));
