import type { Oid } from '../domain/event.js';
import type { TagReading, TagRef } from './port.js';
import { annotatedTag, decodeTag, MalformedTag, odditiesOf, type TagObject } from './tag-object.js';

/** What is held for a tag; `object` is undefined where it is missing or corrupt. */
export interface FoundTag {
  ref: TagRef;
  object: { type: string; bytes: Buffer } | undefined;
}

/** A tag whose object is well formed; where it leads is not settled, for that may be another tag. */
export interface DecodedTag {
  ref: TagRef;
  object: TagObject;
  oddities: readonly string[];
}

/** A tag that cannot be an event, and why. */
export type Defect = Exclude<TagReading, { tag: unknown }>;

/** Reads the object of a tag. */
export function decodeFound({ ref, object: found }: FoundTag): DecodedTag | Defect {
  if (found === undefined) return { ref, defect: 'missing', detail: `its object ${ref.oid} is missing` };
  if (found.type !== 'tag')
    return { ref, defect: 'lightweight', detail: `it is a lightweight tag on a ${found.type}` };
  try {
    const object = decodeTag(found.bytes);
    return { ref, object, oddities: odditiesOf(ref.name, found.bytes, object) };
  } catch (error) {
    if (error instanceof MalformedTag) return { ref, defect: 'malformed', detail: error.message };
    throw error;
  }
}

/** The reading of a tag, of which it is known where it leads in the end; undefined where that is missing or corrupt. */
export function readingOf(
  { ref, object, oddities }: DecodedTag,
  target: { type: string; oid: Oid } | undefined,
): TagReading {
  if (target === undefined) return { ref, defect: 'missing', detail: 'a tag that it points at is missing' };
  if (target.type !== 'commit')
    return { ref, defect: 'not-a-commit', detail: `it points at a ${target.type}` };
  return { tag: annotatedTag(ref, target.oid, object), oddities };
}

/** What a tag object says itself that it leads to. */
export const ownTarget = ({ type, object: oid }: TagObject): { type: TagObject['type']; oid: Oid } => ({
  type,
  oid,
});
