import type { Oid, Tagger } from '../../domain/event.js';
import type { TagReading } from '../port.js';
import { type DecodedTag, decodeFound, type FoundTag, ownTarget, readingOf } from '../tag-reading.js';
import { expectSuccess, type RunGit } from './run-git.js';

/** Tags as they come, some at a time: to wait for every one alone would take longer than to read it. */
export type FoundTags = AsyncGenerator<readonly FoundTag[], void>;

/** Decodes tag objects as they come, and follows tags of tags to what they lead to: these come last. */
export async function* eachReading(git: RunGit, found: FoundTags): AsyncGenerator<TagReading[], void> {
  const shared = sharing();
  const nested: DecodedTag[] = [];
  for await (const some of found) {
    const readings: TagReading[] = [];
    for (const one of some) {
      const decoded = decodeFound(one);
      if (!('object' in decoded)) readings.push(decoded);
      else if (decoded.object.type === 'tag') nested.push(decoded);
      else readings.push(shared(readingOf(decoded, ownTarget(decoded.object))));
    }
    yield readings;
  }
  const peeled = await peel(git, nested);
  yield nested.map((decoded) => shared(readingOf(decoded, peeled.get(decoded.ref.oid))));
}

/** The same of all, in their order. */
export async function readingsOf(
  git: RunGit,
  found: FoundTags | readonly Iterable<FoundTag>[],
): Promise<TagReading[]> {
  const readings: TagReading[] = [];
  const shared = sharing();
  const nested: [index: number, decoded: DecodedTag][] = [];
  for await (const some of found)
    for (const one of some) {
      const decoded = decodeFound(one);
      if ('object' in decoded && decoded.object.type === 'tag') nested.push([readings.length, decoded]);
      readings.push('object' in decoded ? shared(readingOf(decoded, ownTarget(decoded.object))) : decoded);
    }
  const peeled = await peel(
    git,
    nested.map(([, decoded]) => decoded),
  );
  for (const [index, decoded] of nested)
    readings[index] = shared(readingOf(decoded, peeled.get(decoded.ref.oid)));
  return readings;
}

/**
 * Keeps of what is the same the first one: of a hundred thousand tags there are a few taggers, and a piece of a text keeps all
 * of that in memory.
 */
function sharing(): (reading: TagReading) => TagReading {
  const oids = new Map<Oid, Oid>();
  const taggers = new Map<string, Tagger>();
  const first = <T>(known: Map<string, T>, key: string, one: T): T => {
    const before = known.get(key);
    if (before === undefined) known.set(key, one);
    return before ?? one;
  };
  return (reading) => {
    if (!('tag' in reading)) return reading;
    const { tag } = reading;
    const { commit, tagger } = tag;
    tag.commit = first(oids, commit, commit);
    tag.tagger = first(taggers, `${tagger.name} <${tagger.email}>`, tagger);
    return reading;
  };
}

interface Peeled {
  type: string;
  oid: Oid;
}

/** What tags of tags lead to in the end; those that lead to something missing or corrupt are missing in the answer. */
async function peel(git: RunGit, tags: readonly DecodedTag[]): Promise<Map<Oid, Peeled>> {
  const peeled = new Map<Oid, Peeled>();
  for (let rest = tags.map(({ ref }) => ref.oid); rest.length > 0; ) {
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
