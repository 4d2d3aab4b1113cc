import type { Oid } from '../../domain/event.js';
import { type ArtifactName, artifactNameForTag } from '../../domain/names.js';
import type { TagReader, TagReading, TagRef } from '../port.js';
import { decodeTag, MalformedTag, odditiesOf, type TagObject } from '../tag-object.js';
import { type FoundObject, readObjects } from './cat-file.js';
import { expectSuccess, type RunGit } from './run-git.js';

const PREFIX = 'refs/tags/';

/** Reads tags with the git program: one process, two where an object is broken. */
export function binaryTagReader(git: RunGit): TagReader {
  return {
    listTags: (artifact) => listTags(git, artifact),
    readTags: (artifact) => readTags(git, artifact),
  };
}

/** for-each-ref matches `/` only with `**` between slashes, and a stage that gto wrote may hold one. */
function patternsOf(artifact: ArtifactName | undefined): string[] {
  if (artifact === undefined) return [PREFIX];
  const start = PREFIX + artifactNameForTag(artifact);
  return [`${start}@*`, `${start}#*`, `${start}#*/**`];
}

// Only these two fields: every other one makes git open the object, and one broken object ends the listing.
const NAMES = '--format=%(refname)%00%(objectname)';

async function listTags(git: RunGit, artifact: ArtifactName | undefined): Promise<TagRef[]> {
  const text = expectSuccess(
    await git(['for-each-ref', NAMES, ...patternsOf(artifact)]),
    'listing tags',
  ).toString();
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => tagRef(line.split('\0')));
}

const tagRef = ([refName = '', oid = '']: readonly string[]): TagRef => ({
  name: refName.slice(PREFIX.length),
  oid,
});

// %(raw) is the object as it is stored, since git 2.34; of a lightweight tag nothing, it may point at a huge file
const OBJECTS =
  '--format=%(refname)%00%(objectname)%00%(objecttype)%00%(if:equals=tag)%(objecttype)%(then)%(raw:size)%00%(raw)%(end)';

async function readTags(git: RunGit, artifact: ArtifactName | undefined): Promise<TagReading[]> {
  const result = await git(['for-each-ref', OBJECTS, ...patternsOf(artifact)]);
  const found = result.code === 0 ? parseObjects(result.stdout) : await readOneByOne(git, artifact);
  const decoded = found.map(decode);
  const nested = decoded.flatMap((one) =>
    'object' in one && one.object.type === 'tag' ? [one.ref.oid] : [],
  );
  const peeled = await peel(git, nested);
  return decoded.map((one) => ('object' in one ? reading(one, peeled) : one));
}

/** What git holds for a tag; undefined where the object is missing or corrupt. */
interface Found {
  ref: TagRef;
  object: FoundObject | undefined;
}

/** The slow way, which survives objects that git cannot read. */
async function readOneByOne(git: RunGit, artifact: ArtifactName | undefined): Promise<Found[]> {
  const refs = await listTags(git, artifact);
  const objects = await readObjects(
    git,
    refs.map((ref) => ref.oid),
  );
  return refs.map((ref) => ({ ref, object: objects.get(ref.oid) }));
}

function parseObjects(out: Buffer): Found[] {
  const found: Found[] = [];
  let at = 0;
  const field = (end: number): string => {
    const text = out.toString('utf8', at, end);
    at = end + 1;
    return text;
  };
  while (at < out.length) {
    const ref = tagRef([field(out.indexOf(0, at)), field(out.indexOf(0, at))]);
    const type = field(out.indexOf(0, at));
    const size = type === 'tag' ? Number(field(out.indexOf(0, at))) : 0;
    found.push({ ref, object: { type, bytes: out.subarray(at, at + size) } });
    at += size + 1;
  }
  return found;
}

type Decoded =
  | { ref: TagRef; object: TagObject; oddities: readonly string[] }
  | Exclude<TagReading, { tag: unknown }>;

function decode({ ref, object: found }: Found): Decoded {
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
