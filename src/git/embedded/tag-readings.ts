import type { Oid } from '../../domain/event.js';
import type { TagReading, TagRef } from '../port.js';
import { decodeFound, ownTarget, readingOf } from '../tag-reading.js';
import { eachObject, type ObjectHead, type Objects } from './found-object.js';

/** Reads the objects of tags and follows tags of tags to what they lead to; in the order of the refs. */
export async function readingsOf(objects: Objects, refs: readonly TagRef[]): Promise<TagReading[]> {
  const readings = await eachObject(new Set(refs), (ref) => readOne(objects, ref));
  return refs.flatMap((ref) => readings.get(ref) ?? []);
}

async function readOne(objects: Objects, ref: TagRef): Promise<TagReading> {
  // of a lightweight tag the type alone: it may point at a huge file
  const head = await objects.head(ref.oid);
  const object =
    head && (head.type === 'tag' ? await objects.read(ref.oid) : { type: head.type, bytes: NO_BYTES });
  const decoded = decodeFound({ ref, object });
  return 'object' in decoded ? readingOf(decoded, await peel(objects, ownTarget(decoded.object))) : decoded;
}

const NO_BYTES = Buffer.alloc(0);

/** An object as something else names it. */
export interface Target {
  type: ObjectHead['type'];
  oid: Oid;
}

/**
 * What a tag of tags leads to in the end; undefined where one of them is missing or corrupt. Like git it asks no more of a
 * tag on the way than its first lines.
 */
export async function peel(objects: Objects, { type, oid }: Target): Promise<Target | undefined> {
  let at: Target = { type, oid };
  while (at.type === 'tag') {
    const found = await objects.read(at.oid);
    const next = found?.type === 'tag' ? targetOf(found.bytes) : undefined;
    if (next === undefined) return undefined;
    at = next;
  }
  return at;
}

/** What the first two lines of a tag name. */
export function targetOf(bytes: Buffer): Target | undefined {
  const [, oid, type] =
    /^object ([0-9a-f]{40})\ntype (commit|tree|blob|tag)\n/.exec(bytes.toString('latin1', 0, 80)) ?? [];
  return oid === undefined ? undefined : { type: type as Target['type'], oid };
}
