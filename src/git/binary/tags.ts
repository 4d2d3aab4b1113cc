import type { Oid } from '../../domain/event.js';
import { type ArtifactName, artifactNameForTag } from '../../domain/names.js';
import type { TagReader, TagReading, TagRef } from '../port.js';
import { decodeTag, MalformedTag, type TagObject } from '../tag-object.js';
import { readObjects } from './cat-file.js';
import { expectSuccess, type RunGit } from './run-git.js';

const PREFIX = 'refs/tags/';

/** Reads tags with the git program: one listing of names, one stream of objects. */
export function binaryTagReader(git: RunGit): TagReader {
  return {
    listTags: async (artifact) => parseListing(await list(git, artifact)),
    readTags: (refs) => readTags(git, refs),
  };
}

// Only these two fields: every other one makes git open the object, and one missing object would end the listing.
const FORMAT = '--format=%(refname)%00%(objectname)';

async function list(git: RunGit, artifact: ArtifactName | undefined): Promise<string> {
  const result = await git(['for-each-ref', FORMAT, ...(artifact ? patternsOf(artifact) : [PREFIX])]);
  return expectSuccess(result, 'listing tags').toString();
}

/** for-each-ref matches `/` only with `**` between slashes, and a stage that gto wrote may hold one. */
function patternsOf(artifact: ArtifactName): string[] {
  const start = PREFIX + artifactNameForTag(artifact);
  return [`${start}@*`, `${start}#*`, `${start}#*/**`];
}

function parseListing(text: string): TagRef[] {
  const refs: TagRef[] = [];
  for (const line of text.split('\n')) {
    const end = line.indexOf('\0');
    if (end > 0) refs.push({ name: line.slice(PREFIX.length, end), oid: line.slice(end + 1) });
  }
  return refs;
}

async function readTags(git: RunGit, refs: readonly TagRef[]): Promise<TagReading[]> {
  const objects = await readObjects(git, refs.map((ref) => ref.oid));
  const decoded = refs.map((ref) => decode(ref, objects.get(ref.oid)));
  const nested = decoded.flatMap((one) => ('object' in one && one.object.type === 'tag' ? [one.ref.oid] : []));
  const peeled = await peel(git, nested);
  return decoded.map((one) => ('object' in one ? reading(one.ref, one.object, peeled) : one));
}

type Decoded = { ref: TagRef; object: TagObject } | Exclude<TagReading, { tag: unknown }>;

function decode(ref: TagRef, found: { type: string; bytes: Buffer } | undefined): Decoded {
  if (found === undefined) return { ref, defect: 'missing', detail: `its object ${ref.oid} is missing` };
  if (found.type !== 'tag') return { ref, defect: 'lightweight', detail: `it is a lightweight tag on a ${found.type}` };
  try {
    return { ref, object: decodeTag(found.bytes) };
  } catch (error) {
    if (error instanceof MalformedTag) return { ref, defect: 'malformed', detail: error.message };
    throw error;
  }
}

function reading(ref: TagRef, object: TagObject, peeled: ReadonlyMap<Oid, Peeled>): TagReading {
  const target = object.type === 'tag' ? peeled.get(ref.oid) : { type: object.type, oid: object.object };
  if (target === undefined) return { ref, defect: 'missing', detail: 'a tag that it points at is missing' };
  if (target.type !== 'commit') return { ref, defect: 'not-a-commit', detail: `it points at a ${target.type}` };
  const { tagger, date, message } = object;
  return { tag: { name: ref.name, oid: ref.oid, commit: target.oid, tagger, date, message } };
}

interface Peeled {
  type: string;
  oid: Oid;
}

/** What tags of tags lead to in the end. */
async function peel(git: RunGit, oids: readonly Oid[]): Promise<Map<Oid, Peeled>> {
  if (oids.length === 0) return new Map();
  const input = oids.map((oid) => `${oid}^{}\n`).join('');
  const out = expectSuccess(await git(['cat-file', '--batch-check=%(objectname) %(objecttype)'], input), 'peeling tags');
  const peeled = new Map<Oid, Peeled>();
  for (const [index, line] of out.toString().split('\n').entries()) {
    const [oid = '', type] = line.split(' ');
    const asked = oids[index];
    if (asked !== undefined && type !== undefined && type !== 'missing') peeled.set(asked, { oid, type });
  }
  return peeled;
}
