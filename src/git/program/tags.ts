import { isAscii } from 'node:buffer';
import type { Oid, Tagger } from '../../domain/event.js';
import { type ArtifactName, artifactNameForTag } from '../../domain/names.js';
import { compareText } from '../../domain/order.js';
import { refFormatProblem, TAG_REFS, tagRef } from '../../domain/refs.js';
import { NO_OBJECT, type TagList, type TagReading, type TagRef, type Tags } from '../port.js';
import {
  type DecodedTag,
  decodeFound,
  type FoundTag,
  MAX_TAG_BYTES,
  ownTarget,
  readingOf,
} from '../tag-object.js';
import { eachObject, inspectObjects } from './objects.js';
import { expectSuccess, type ReadGit, type RunGit, type StreamGit } from './run.js';

const PEELED = '^{}';

/** Git in one folder. */
interface Programs {
  git: ReadGit;
  stream: StreamGit;
}

/** Reads tags with the git program: one process, and more only where something is unusual. */
export function gitTags(git: ReadGit, stream: StreamGit): Tags {
  const programs = { git, stream };
  return {
    list: (scope) => (scope === 'all' ? listAll(programs) : listArtifact(programs, scope)),
    read: (refs) => readTags(stream, refs),
  };
}

/**
 * All tags, from the fastest listing: `git show-ref` knows from packed-refs what tags lead to, and opens no object. It ends
 * at a ref whose object is missing. So after any message on stderr the names come from a listing that does not look at
 * objects at all.
 */
async function listAll(programs: Programs): Promise<TagList> {
  const collected = new ShownRefs();
  const { code, stderr } = await programs.git(['show-ref', '--tags', '--dereference'], undefined, (chunk) =>
    collected.take(chunk),
  );
  const shown = collected.end();
  // exit code 1 without a message: there are no tags (git-show-ref(1))
  if (stderr === '' && (code === 0 || code === 1)) {
    await tellLightweight(shown, programs.stream);
    return { refs: shown, known: new Map() };
  }
  const peeled = new Map<string, TagRef>();
  for (const ref of shown) if (ref.peeled !== undefined) peeled.set(ref.name, ref);
  const names = await listNames(programs.git, [TAG_REFS]);
  const refs = names.map(({ name, oid }): TagRef => {
    const same = peeled.get(name);
    return { name, oid, peeled: same?.oid === oid ? same.peeled : 'unknown' };
  });
  const unsure = refs.filter(({ name, peeled }) => peeled === 'unknown' && /[@#]/.test(name));
  const heads = await inspectObjects(
    programs.stream,
    unsure.map(({ oid }) => oid),
  );
  for (const [index, ref] of unsure.entries())
    if ((heads[index]?.type ?? 'tag') !== 'tag') ref.peeled = undefined;
  return { refs, known: new Map() };
}

/**
 * A ref that git-show-ref(1) prints: `<oid> SP refs/tags/<name>`, and for an annotated tag a second line,
 * `<oid> SP refs/tags/<name>^{}`. A list is long, and texts cost much to collect. So it keeps places, and makes texts when asked.
 */
class ShownRef implements TagRef {
  /**
   * @param text a piece of the list
   * @param start where its first line begins
   * @param end where its first line ends
   * @param target whether there is a second line; `unknown` where git cannot peel the tag
   */
  constructor(
    private readonly text: string,
    private readonly start: number,
    private readonly end: number,
    public target: boolean | 'unknown',
  ) {}

  get oid(): Oid {
    return this.idAt(this.start);
  }

  get name(): string {
    return this.text.slice(this.text.indexOf(' ', this.start) + 1 + TAG_REFS.length, this.end);
  }

  get peeled(): TagRef['peeled'] {
    if (this.target === true) return this.idAt(this.end + 1);
    return this.target || undefined;
  }

  private idAt(at: number): Oid {
    return this.text.slice(at, this.text.indexOf(' ', at));
  }
}

/** So many bytes are read at a time. V8 keeps a text of that length outside the heap that it collects. */
const PIECE = 1 << 20;

/** Reads refs while git still lists others. */
class ShownRefs {
  readonly #refs: ShownRef[] = [];
  #unread: Buffer[] = [];
  #size = 0;

  take(chunk: Buffer): void {
    this.#unread.push(chunk);
    this.#size += chunk.length;
    if (this.#size < PIECE) return;
    const bytes = Buffer.concat(this.#unread);
    const end = endOfRefs(bytes);
    this.#read(bytes.subarray(0, end));
    this.#unread = [bytes.subarray(end)];
    this.#size = bytes.length - end;
  }

  /** All refs. */
  end(): ShownRef[] {
    this.#read(Buffer.concat(this.#unread));
    return this.#refs;
  }

  #read(bytes: Buffer): void {
    const text = bytes.toString(isAscii(bytes) ? 'latin1' : 'utf8');
    for (let start = 0, end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      // the second line has the length of the first and of `^{}`, and no name of a ref has a `^`
      const secondEnd = end + 1 + (end - start) + PEELED.length;
      const hasSecond = text.startsWith(`${PEELED}\n`, secondEnd - PEELED.length);
      this.#refs.push(new ShownRef(text, start, end, hasSecond));
      start = (hasSecond ? secondEnd : end) + 1;
    }
  }
}

/** Where the last ref ends that is there for sure with both of its lines. */
function endOfRefs(bytes: Buffer): number {
  const lineEnd = bytes.lastIndexOf('\n');
  if (bytes.toString('latin1', lineEnd - PEELED.length, lineEnd) === PEELED) return lineEnd + 1;
  return bytes.lastIndexOf('\n', lineEnd - 1) + 1;
}

/** Finds out which refs without a second line are lightweight tags. For some broken tags git omits it without a message. */
async function tellLightweight(refs: readonly ShownRef[], stream: StreamGit): Promise<void> {
  const asked = refs.filter(({ target, name }) => !target && /[@#]/.test(name));
  const heads = await inspectObjects(
    stream,
    asked.map(({ oid }) => oid),
  );
  for (const [index, ref] of asked.entries())
    if ((heads[index]?.type ?? 'tag') === 'tag') ref.target = 'unknown';
}

/** for-each-ref matches `/` only with `**` between slashes, and a stage that gto wrote may hold one. */
function patternsOf(artifact: ArtifactName): string[] {
  const start = tagRef(artifactNameForTag(artifact));
  return [`${start}@*`, `${start}#*`, `${start}#*/**`];
}

// %(raw) is the object as it is stored, since git 2.34; not for a lightweight tag, which may point at a huge file
const OBJECTS =
  '--format=%(refname)%00%(objectname)%00%(objecttype)%00%(if:equals=tag)%(objecttype)%(then)%(raw:size)%00%(raw)%(end)';

async function listArtifact({ git, stream }: Programs, artifact: ArtifactName): Promise<TagList> {
  const patterns = patternsOf(artifact);
  const result = await git(['for-each-ref', OBJECTS, ...patterns]);
  // git ends at an object that it cannot read, and leaves out a broken ref; a batch and the listing of names do not
  const readings =
    result.code === 0 && result.stderr === ''
      ? await readingsOf(stream, foundIn(result.stdout))
      : await readTags(stream, await listNames(git, patterns));
  const known = new Map(readings.map((reading) => [refOf(reading).name, reading]));
  return { refs: readings.map((reading) => ({ ...refOf(reading), peeled: peeledOf(reading) })), known };
}

function refOf(reading: TagReading): TagRef {
  const { name, oid } = 'tag' in reading ? reading.tag : reading.ref;
  return { name, oid };
}

function peeledOf(reading: TagReading): TagRef['peeled'] {
  if ('tag' in reading) return reading.tag.commit;
  return reading.defect === 'lightweight' ? undefined : 'unknown';
}

/** The tags in the output of for-each-ref with the format `OBJECTS`. */
function* foundIn(out: Buffer): Generator<FoundTag> {
  let at = 0;
  const field = (end: number): string => {
    const text = out.toString('utf8', at, end);
    at = end + 1;
    return text;
  };
  while (at < out.length) {
    const name = field(out.indexOf(0, at)).slice(TAG_REFS.length);
    const oid = field(out.indexOf(0, at));
    const type = field(out.indexOf(0, at));
    const size = type === 'tag' ? Number(field(out.indexOf(0, at))) : 0;
    yield { ref: { name, oid }, object: { type, bytes: out.subarray(at, at + size) } };
    at += size + 1;
  }
}

// only these two fields: for any other one git opens the object, and one broken object ends the listing
const NAMES = '--format=%(refname)%00%(objectname)';

/** The refs that fit, and those whose names begin so and that git calls broken, without an object. */
async function listNames(git: RunGit, patterns: readonly string[]): Promise<TagRef[]> {
  const result = await git(['for-each-ref', NAMES, ...patterns]);
  const lines = expectSuccess(result, 'listing tags').toString().split('\n').slice(0, -1);
  const refs = lines.map((line): TagRef => {
    const end = line.indexOf('\0');
    return { name: line.slice(TAG_REFS.length, end), oid: line.slice(end + 1) };
  });
  if (result.stderr === '') return refs;
  const starts = patterns.map((pattern) => pattern.replace(/\*.*$/, ''));
  const listed = new Set(refs.map(({ name }) => name));
  const broken: TagRef[] = [];
  for (const ref of new Set(result.stderr.match(REF))) {
    const name = ref.slice(TAG_REFS.length);
    if (listed.has(name) || !starts.some((start) => ref.startsWith(start))) continue;
    if (refFormatProblem(ref) !== undefined || (await isSymbolic(git, ref))) continue;
    broken.push({ name, oid: NO_OBJECT });
  }
  return [...refs, ...broken].sort((a, b) => compareText(a.name, b.name));
}

/** The name of a tag's ref in a message. */
const REF = /refs\/tags\/\S+/g;

/** Whether a ref names another one; git ignores one that leads nowhere. */
const isSymbolic = async (git: RunGit, ref: string): Promise<boolean> =>
  (await git(['symbolic-ref', '--quiet', ref])).code === 0;

/**
 * Reads tag objects. A lightweight tag may point at a huge file. So git is asked for the type first, except where a listing
 * knows that the tag is annotated.
 */
async function readTags(stream: StreamGit, refs: readonly TagRef[]): Promise<TagReading[]> {
  const unsure = refs.flatMap(({ oid, peeled = 'unknown' }) => (peeled === 'unknown' ? [oid] : []));
  const heads = await inspectObjects(stream, unsure);
  const typeOf = new Map(unsure.map((oid, index) => [oid, heads[index]?.type]));
  const readings = new Readings();
  const asked: [index: number, ref: TagRef][] = [];
  for (const [index, { name, oid }] of refs.entries()) {
    const type = typeOf.has(oid) ? typeOf.get(oid) : 'tag';
    if (type === 'tag') asked.push([index, { name, oid }]);
    else
      readings.take(index, {
        ref: { name, oid },
        object: type === undefined ? undefined : { type, bytes: NOTHING },
      });
  }
  const unread: typeof asked = [];
  let next = 0;
  for await (const some of eachObject(
    stream,
    asked.map(([, { oid }]) => oid),
  ))
    for (const object of some) {
      const [index, ref] = asked[next++] as (typeof asked)[number];
      if (object === undefined) unread.push([index, ref]);
      else readings.take(index, { ref, object });
    }
  // git gives no object that is larger than its limit
  const sizes = await inspectObjects(
    stream,
    unread.map(([, { oid }]) => oid),
  );
  for (const [place, [index, ref]] of unread.entries()) {
    const { type, size = 0 } = sizes[place] ?? {};
    const isLarge = type === 'tag' && size > MAX_TAG_BYTES;
    readings.take(index, { ref, object: isLarge ? { type, size, bytes: NOTHING } : undefined });
  }
  return readings.all(stream);
}

const NOTHING = Buffer.alloc(0);

/** The readings of tags with their objects, in the same order. */
function readingsOf(stream: StreamGit, found: Iterable<FoundTag>): Promise<TagReading[]> {
  const readings = new Readings();
  let index = 0;
  for (const one of found) readings.take(index++, one);
  return readings.all(stream);
}

/** Collects readings. Tags of tags are peeled at the end, in one go. */
class Readings {
  readonly #readings: TagReading[] = [];
  readonly #nested: [index: number, decoded: DecodedTag][] = [];
  readonly #shared = sharing();

  take(index: number, found: FoundTag): void {
    const decoded = decodeFound(found);
    if (!('object' in decoded)) this.#readings[index] = decoded;
    else if (decoded.object.type === 'tag') this.#nested.push([index, decoded]);
    else this.#readings[index] = this.#shared(readingOf(decoded, ownTarget(decoded.object)));
  }

  async all(stream: StreamGit): Promise<TagReading[]> {
    const ends = await inspectObjects(
      stream,
      this.#nested.map(([, { ref }]) => ref.oid + PEELED),
    );
    const broken = this.#nested.filter((_, place) => ends[place] === undefined);
    const inner = await inspectObjects(
      stream,
      broken.map(([, { object }]) => object.object),
    );
    const lying = new Set(
      broken.filter((_, place) => (inner[place]?.type ?? 'tag') !== 'tag').map(([index]) => index),
    );
    for (const [place, [index, decoded]] of this.#nested.entries()) {
      const end = lying.has(index) ? ('another type' as const) : ends[place];
      this.#readings[index] = this.#shared(readingOf(decoded, end));
    }
    return this.#readings;
  }
}

/**
 * Replaces equal values by the first of them. A hundred thousand tags have a few taggers, and a slice of a text keeps the
 * whole text in memory.
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
