import type { Oid, Tagger } from '../../domain/event.js';
import type { TagReading, TagRef } from '../port.js';
import { annotatedTag, decodeTag, MalformedTag, odditiesOf, type TagObject } from '../tag-object.js';
import type { FoundObject } from './cat-file.js';
import { expectSuccess, type RunGit } from './run-git.js';

/** What git holds for a tag; undefined where the object is missing or corrupt. */
export interface FoundTag {
  ref: TagRef;
  object: FoundObject | undefined;
}

/** Tags as they come, some at a time: to wait for every one alone would take longer than to read it. */
export type FoundTags = AsyncGenerator<readonly FoundTag[], void>;

/** Decodes tag objects, each as it comes, and follows tags of tags to what they lead to. */
export async function readingsOf(
  git: RunGit,
  found: FoundTags | readonly Iterable<FoundTag>[],
): Promise<TagReading[]> {
  const readings: TagReading[] = [];
  const shared = sharing();
  const nested: [index: number, decoded: Exclude<Decoded, { defect: unknown }>][] = [];
  for await (const some of found)
    for (const one of some) {
      const decoded = decode(one);
      if ('object' in decoded && decoded.object.type === 'tag') nested.push([readings.length, decoded]);
      readings.push('object' in decoded ? reading(decoded, undefined, shared) : decoded);
    }
  const peeled = await peel(
    git,
    nested.map(([, { ref }]) => ref.oid),
  );
  for (const [index, decoded] of nested)
    readings[index] = reading(decoded, peeled.get(decoded.ref.oid), shared);
  return readings;
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
  peeled: Peeled | undefined,
  shared: Shared,
): TagReading {
  const target = object.type === 'tag' ? peeled : { type: object.type, oid: object.object };
  if (target === undefined) return { ref, defect: 'missing', detail: 'a tag that it points at is missing' };
  if (target.type !== 'commit')
    return { ref, defect: 'not-a-commit', detail: `it points at a ${target.type}` };
  const tag = annotatedTag(ref, shared.oid(target.oid), object);
  tag.tagger = shared.tagger(tag.tagger);
  return { tag, oddities };
}

interface Shared {
  oid(one: Oid): Oid;
  tagger(one: Tagger): Tagger;
}

/**
 * Keeps of what is the same the first one: of a hundred thousand tags there are a few taggers, and a piece of a text keeps all
 * of that in memory.
 */
function sharing(): Shared {
  const oids = new Map<Oid, Oid>();
  const taggers = new Map<string, Tagger>();
  const first = <T>(known: Map<string, T>, key: string, one: T): T => {
    const before = known.get(key);
    if (before === undefined) known.set(key, one);
    return before ?? one;
  };
  return {
    oid: (one) => first(oids, one, one),
    tagger: (one) => first(taggers, `${one.name} <${one.email}>`, one),
  };
}

interface Peeled {
  type: string;
  oid: Oid;
}

/** What tags of tags lead to in the end; those that lead to something missing or corrupt are missing in the answer. */
async function peel(git: RunGit, oids: readonly Oid[]): Promise<Map<Oid, Peeled>> {
  const peeled = new Map<Oid, Peeled>();
  for (let rest = oids; rest.length > 0; ) {
    const input = rest.map((oid) => `${oid}^{}\n`).join('');
    const result = await git(['cat-file', '--batch-check=%(objectname) %(objecttype)'], input);
    const lines = result.stdout.toString().split('\n').slice(0, -1);
    for (const [index, line] of lines.entries()) {
      const [oid = '', type] = line.split(' ');
      const asked = rest[index];
      if (asked !== undefined && type !== undefined && type !== 'missing') peeled.set(asked, { oid, type });
    }
    if (result.code === 0) break;
    if (result.code < 0) expectSuccess(result, 'peeling tags');
    // git stops at a corrupt object; the ones behind it are asked for again
    rest = rest.slice(lines.length + 1);
  }
  return peeled;
}
