import type { Oid } from '../../domain/event.js';
import type { TagReading, TagRef } from '../port.js';
import { decodeTag, MalformedTag, odditiesOf, type TagObject } from '../tag-object.js';
import type { FoundObject } from './cat-file.js';
import { expectSuccess, type RunGit } from './run-git.js';

/** What git holds for a tag; undefined where the object is missing or corrupt. */
export interface FoundTag {
  ref: TagRef;
  object: FoundObject | undefined;
}

/** Decodes tag objects and follows tags of tags to what they lead to. */
export async function readingsOf(git: RunGit, found: readonly FoundTag[]): Promise<TagReading[]> {
  const decoded = found.map(decode);
  const nested = decoded.flatMap((one) =>
    'object' in one && one.object.type === 'tag' ? [one.ref.oid] : [],
  );
  const peeled = await peel(git, nested);
  return decoded.map((one) => ('object' in one ? reading(one, peeled) : one));
}

type Decoded =
  | { ref: TagRef; object: TagObject; oddities: readonly string[] }
  | Exclude<TagReading, { tag: unknown }>;

function decode({ ref, object: found }: FoundTag): Decoded {
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

function reading(
  { ref, object, oddities }: Exclude<Decoded, { defect: unknown }>,
  peeled: ReadonlyMap<Oid, Peeled>,
): TagReading {
  const target = object.type === 'tag' ? peeled.get(ref.oid) : { type: object.type, oid: object.object };
  if (target === undefined) return { ref, defect: 'missing', detail: 'a tag that it points at is missing' };
  if (target.type !== 'commit')
    return { ref, defect: 'not-a-commit', detail: `it points at a ${target.type}` };
  const { tagger, date, message } = object;
  return { tag: { name: ref.name, oid: ref.oid, commit: target.oid, tagger, date, message }, oddities };
}

interface Peeled {
  type: string;
  oid: Oid;
}

/** What tags of tags lead to in the end. */
async function peel(git: RunGit, oids: readonly Oid[]): Promise<Map<Oid, Peeled>> {
  if (oids.length === 0) return new Map();
  const input = oids.map((oid) => `${oid}^{}\n`).join('');
  const out = expectSuccess(
    await git(['cat-file', '--batch-check=%(objectname) %(objecttype)'], input),
    'peeling tags',
  );
  const peeled = new Map<Oid, Peeled>();
  for (const [index, line] of out.toString().split('\n').entries()) {
    const [oid = '', type] = line.split(' ');
    const asked = oids[index];
    if (asked !== undefined && type !== undefined && type !== 'missing') peeled.set(asked, { oid, type });
  }
  return peeled;
}
