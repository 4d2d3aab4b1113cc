import { isAscii } from 'node:buffer';
import type { Oid, Tagger } from '../../domain/event.js';
import { type ArtifactName, artifactNameForTag } from '../../domain/names.js';
import type { TagList, TagReading, TagRef, Tags } from '../port.js';
import { type DecodedTag, decodeFound, type FoundTag, ownTarget, readingOf } from '../tag-reading.js';
import { eachObject, inspectObjects } from './objects.js';
import { expectSuccess, type RunGit, type StreamGit } from './run.js';

const PREFIX = 'refs/tags/';
const PEELED = '^{}';

/** What runs git in one folder. */
interface Programs {
  git: RunGit;
  stream: StreamGit;
}

/** Reads tags with the git program: one process, and more only where something is unusual. */
export function programTags(git: RunGit, stream: StreamGit): Tags {
  const programs = { git, stream };
  return {
    list: (scope) => (scope === 'all' ? listAll(programs) : listArtifact(programs, scope)),
    read: (refs) => readTags(stream, refs),
  };
}

/**
 * By far the fastest listing: `git show-ref` takes what tags lead to from packed-refs and opens no object. It ends at a ref
 * whose object is missing, so any word on stderr means that the names come from a listing that opens none at all.
 */
async function listAll(programs: Programs): Promise<TagList> {
  const { code, stdout, stderr } = await programs.git(['show-ref', '--tags', '--dereference']);
  const shown = new ShownRefs(stdout);
  // exit code 1 without a word is a repository without tags (git-show-ref(1))
  if (stderr === '' && (code === 0 || code === 1)) {
    await shown.tellLightweight(programs.stream);
    return { refs: shown, known: new Map() };
  }
  const peeled = new Map<string, TagRef>();
  for (const ref of shown) if (ref.peeled !== undefined) peeled.set(ref.name, ref);
  const names = await listNames(programs.git, [PREFIX]);
  const refs = names.map(({ name, oid }): TagRef => {
    const same = peeled.get(name);
    return { name, oid, peeled: same?.oid === oid ? same.peeled : 'unknown' };
  });
  return { refs, known: new Map() };
}

/**
 * The lines `<oid> SP refs/tags/<name>` of git-show-ref(1), each with a second one, `<oid> SP refs/tags/<name>^{}`, where it
 * leads further. A list is long and most of it is never looked at, so a ref keeps its place in the text and makes a value
 * when that is asked for.
 */
class ShownRefs implements Iterable<TagRef> {
  readonly #text: string;
  readonly #starts: number[] = [];
  /** Where refs begin that nothing leads on from: lightweight tags, and tags that git could not follow. */
  readonly #unpeeled: number[] = [];
  readonly #unknown = new Set<number>();

  constructor(stdout: Buffer) {
    this.#text = stdout.toString(isAscii(stdout) ? 'latin1' : 'utf8');
    const text = this.#text;
    for (let at = 0, end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', at)) {
      this.#starts.push(at);
      const peeledEnd = peeledLineEnd(text, at, end);
      if (peeledEnd === undefined) this.#unpeeled.push(at);
      at = (peeledEnd ?? end) + 1;
    }
  }

  /** Finds out which refs without a second line are lightweight tags: git leaves it out without a word for some broken ones. */
  async tellLightweight(stream: StreamGit): Promise<void> {
    const asked = this.#unpeeled.filter((at) => /[@#]/.test(this.#refAt(at).name));
    const heads = await inspectObjects(
      stream,
      asked.map((at) => this.#refAt(at).oid),
    );
    for (const [index, at] of asked.entries())
      if ((heads[index]?.type ?? 'tag') === 'tag') this.#unknown.add(at);
  }

  *[Symbol.iterator](): Generator<TagRef> {
    for (const at of this.#starts) yield this.#refAt(at);
  }

  #refAt(at: number): TagRef {
    return new ShownRef(this.#text, at, this.#unknown.has(at));
  }
}

/** One ref of a list; `at` is where its line begins. */
class ShownRef implements TagRef {
  readonly #text: string;
  readonly #at: number;
  readonly #isUnknown: boolean;

  constructor(text: string, at: number, isUnknown: boolean) {
    this.#text = text;
    this.#at = at;
    this.#isUnknown = isUnknown;
  }

  get #space(): number {
    return this.#text.indexOf(' ', this.#at);
  }

  get #end(): number {
    return this.#text.indexOf('\n', this.#at);
  }

  get name(): string {
    return this.#text.slice(this.#space + 1 + PREFIX.length, this.#end);
  }

  get oid(): Oid {
    return this.#text.slice(this.#at, this.#space);
  }

  get peeled(): Oid | 'unknown' | undefined {
    if (this.#isUnknown) return 'unknown';
    const next = this.#end + 1;
    return peeledLineEnd(this.#text, this.#at, next - 1) === undefined
      ? undefined
      : this.#text.slice(next, next + this.#space - this.#at);
  }
}

/** Where the second line of a ref ends, which is as long as the first and `^{}`; no name of a ref holds a `^`. */
function peeledLineEnd(text: string, at: number, end: number): number | undefined {
  const peeledEnd = end + 1 + (end - at) + PEELED.length;
  return text.startsWith(`${PEELED}\n`, peeledEnd - PEELED.length) ? peeledEnd : undefined;
}

/** for-each-ref matches `/` only with `**` between slashes, and a stage that gto wrote may hold one. */
function patternsOf(artifact: ArtifactName): string[] {
  const start = PREFIX + artifactNameForTag(artifact);
  return [`${start}@*`, `${start}#*`, `${start}#*/**`];
}

// %(raw) is the object as it is stored, since git 2.34; of a lightweight tag nothing, it may point at a huge file
const OBJECTS =
  '--format=%(refname)%00%(objectname)%00%(objecttype)%00%(if:equals=tag)%(objecttype)%(then)%(raw:size)%00%(raw)%(end)';

async function listArtifact({ git, stream }: Programs, artifact: ArtifactName): Promise<TagList> {
  const patterns = patternsOf(artifact);
  const result = await git(['for-each-ref', OBJECTS, ...patterns]);
  // git ends at an object that it cannot read, which the batch survives
  const readings =
    result.code === 0
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

/** Takes apart what for-each-ref prints for `OBJECTS`. */
function* foundIn(out: Buffer): Generator<FoundTag> {
  let at = 0;
  const field = (end: number): string => {
    const text = out.toString('utf8', at, end);
    at = end + 1;
    return text;
  };
  while (at < out.length) {
    const name = field(out.indexOf(0, at)).slice(PREFIX.length);
    const oid = field(out.indexOf(0, at));
    const type = field(out.indexOf(0, at));
    const size = type === 'tag' ? Number(field(out.indexOf(0, at))) : 0;
    yield { ref: { name, oid }, object: { type, bytes: out.subarray(at, at + size) } };
    at += size + 1;
  }
}

// Only these two fields: every other one makes git open the object, and one broken object ends the listing.
const NAMES = '--format=%(refname)%00%(objectname)';

async function listNames(git: RunGit, patterns: readonly string[]): Promise<TagRef[]> {
  const listed = expectSuccess(await git(['for-each-ref', NAMES, ...patterns]), 'listing tags');
  const lines = listed.toString().split('\n').slice(0, -1);
  return lines.map((line) => {
    const end = line.indexOf('\0');
    return { name: line.slice(PREFIX.length, end), oid: line.slice(end + 1) };
  });
}

/**
 * Reads tag objects. What a lightweight tag points at may be a huge file, so where no listing said that a tag is annotated its
 * type is looked at first.
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
  let next = 0;
  for await (const some of eachObject(
    stream,
    asked.map(([, { oid }]) => oid),
  ))
    for (const object of some) {
      const [index, ref] = asked[next++] as (typeof asked)[number];
      readings.take(index, { ref, object });
    }
  return readings.all(stream);
}

const NOTHING = Buffer.alloc(0);

/** The readings of tags whose objects are here, in their order. */
export function readingsOf(stream: StreamGit, found: Iterable<FoundTag>): Promise<TagReading[]> {
  const readings = new Readings();
  let index = 0;
  for (const one of found) readings.take(index++, one);
  return readings.all(stream);
}

/** Readings in the making. Tags of tags are followed at the end, in one go. */
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
    for (const [place, [index, decoded]] of this.#nested.entries())
      this.#readings[index] = this.#shared(readingOf(decoded, ends[place]));
    return this.#readings;
  }
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
