import { isAscii } from 'node:buffer';
import type { Oid } from '../../domain/event.js';
import { type ArtifactName, artifactNameForTag } from '../../domain/names.js';
import { RegError } from '../../errors.js';
import type { TagList, TagReading, TagRef, Tags } from '../port.js';
import type { FoundTag } from '../tag-reading.js';
import { answersFrom, type FoundObject } from './batch-answers.js';
import { expectSuccess, type RunGit } from './run-git.js';
import type { StreamGit } from './stream-git.js';
import { readingsOf } from './tag-readings.js';

/** What runs git in one folder. */
interface Programs {
  git: RunGit;
  stream: StreamGit;
}

const PREFIX = 'refs/tags/';
const PEELED = '^{}';

/** Reads tags with the git program: one process, and more only where an object is broken. */
export const programTags = (git: RunGit, stream: StreamGit): Tags => ({
  list: (scope) => (scope === 'all' ? listAll({ git, stream }) : listArtifact({ git, stream }, scope)),
  read: (refs) => readTags({ git, stream }, refs),
});

/**
 * By far the fastest listing: `git show-ref` takes what tags lead to from packed-refs and opens no object. It ends at a ref
 * whose object is missing, so any word on stderr means that the names come from a listing that opens none at all.
 */
async function listAll(programs: Programs): Promise<TagList> {
  const { code, stdout, stderr } = await programs.git(['show-ref', '--tags', '--dereference']);
  const shown = new ShownRefs(stdout);
  // exit code 1 without a word is a repository without tags (git-show-ref(1))
  if (stderr === '' && (code === 0 || code === 1)) {
    await shown.tellLightweight((oids) => typesOf(programs, oids));
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
  async tellLightweight(typesOf: (oids: readonly Oid[]) => Promise<(string | undefined)[]>): Promise<void> {
    const asked = this.#unpeeled.filter((at) => /[@#]/.test(this.#refAt(at).name));
    const types = asked.length === 0 ? [] : await typesOf(asked.map((at) => this.#refAt(at).oid));
    for (const [index, at] of asked.entries()) {
      const type = types[index];
      if (type === undefined || type === 'tag') this.#unknown.add(at);
    }
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

async function listArtifact(programs: Programs, artifact: ArtifactName): Promise<TagList> {
  const { git } = programs;
  const patterns = patternsOf(artifact);
  const result = await git(['for-each-ref', OBJECTS, ...patterns]);
  // git ends at an object that it cannot read, which the batch survives
  const readings =
    result.code === 0
      ? await readingsOf(git, [foundIn(result.stdout)])
      : await readTags(programs, await listNames(git, patterns));
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

async function readTags(programs: Programs, refs: readonly TagRef[]): Promise<TagReading[]> {
  const found = async function* (): AsyncGenerator<FoundTag[], void> {
    let at = 0;
    const oids = refs.map(({ oid }) => oid);
    for await (const some of batch(programs, oids))
      yield some.map((object) => {
        const { name, oid } = refs[at++] as TagRef;
        return { ref: { name, oid }, object };
      });
  };
  return refs.length === 0 ? [] : readingsOf(programs.git, found());
}

/** The types of objects, in their order; undefined for those that are missing. */
async function typesOf({ git }: Programs, oids: readonly Oid[]): Promise<(string | undefined)[]> {
  const questions = oids.map((oid) => `${oid}\n`).join('');
  const result = await git(['cat-file', '--batch-check=%(objecttype)', '--buffer'], questions);
  const lines = expectSuccess(result, 'looking for objects').toString().split('\n').slice(0, -1);
  return lines.map((line) => (line.endsWith(' missing') ? undefined : line));
}

/**
 * Objects in the order of the questions, some at a time; undefined for those that are missing or corrupt. Git ends at a
 * corrupt object, and starts again behind it.
 */
async function* batch(
  { git, stream }: Programs,
  oids: readonly Oid[],
): AsyncGenerator<(FoundObject | undefined)[], void> {
  for (let rest = oids; rest.length > 0; ) {
    const questions = Buffer.from(rest.map((oid) => `${oid}\n`).join(''), 'latin1');
    let answered = 0;
    try {
      for await (const answers of answersFrom(stream(['cat-file', '--batch', '--buffer'], questions))) {
        answered += answers.length;
        yield answers.map(({ object }) => object);
      }
      return;
    } catch (error) {
      if (!(error instanceof RegError && error.code === 'GIT_FAILED')) throw error;
      // where git cannot read this repository at all, no object is to blame
      expectSuccess(await git(['rev-parse', '--git-dir']), 'reading objects');
      if (answered < rest.length) yield [undefined];
      rest = rest.slice(answered + 1);
    }
  }
}
