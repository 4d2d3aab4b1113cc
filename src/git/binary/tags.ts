import { type ArtifactName, artifactNameForTag } from '../../domain/names.js';
import { RegError } from '../../errors.js';
import type { PeeledTagRef, TagReader, TagReading, TagRef } from '../port.js';
import { listingOf, PREFIX, type TagListing } from '../tag-listing.js';
import type { FoundTag } from '../tag-reading.js';
import { answersFrom } from './batch-answers.js';
import { readObjects } from './cat-file.js';
import { expectSuccess, type RunGit } from './run-git.js';
import type { StreamGit } from './stream-git.js';
import { eachReading, type FoundTags, readingsOf } from './tag-readings.js';

/** Reads tags, some at a time where that is wanted: every one, or these. */
export type BinaryTagReader = TagReader & {
  streamTags(refs?: readonly TagRef[]): AsyncIterable<readonly TagReading[]>;
};

/**
 * Reads tags with the git program: one process, two where an object is broken.
 * @param stream runs git in the same folder; with it, objects are decoded while git reads on
 */
export function binaryTagReader(git: RunGit, stream?: StreamGit): BinaryTagReader {
  return {
    listTags: (artifact) => listTags(git, artifact),
    listPeeledTags: () => listPeeledTags(git),
    readTags: (which) => readTags({ git, stream }, which),
    streamTags: (refs?: readonly TagRef[]) => streamTags({ git, stream }, refs),
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

const PEELED = '^{}';

async function listPeeledTags(git: RunGit): Promise<TagListing | undefined> {
  // by far the fastest listing: it takes what tags lead to from packed-refs, without opening objects
  const result = await git(['show-ref', '--tags', '--dereference']);
  // exit code 1 without a word is a repository without tags (git-show-ref(1))
  if (result.code === 1 && result.stderr === '') return listingOf([]);
  if (result.code !== 0) return undefined;
  const refs: PeeledTagRef[] = [];
  for (const line of result.stdout.toString().split('\n').slice(0, -1)) {
    const space = line.indexOf(' ');
    const oid = line.slice(0, space);
    const last = refs.at(-1);
    if (line.endsWith(PEELED) && last) last.peeledOid = oid;
    else refs.push({ name: line.slice(space + 1 + PREFIX.length), oid, peeledOid: undefined });
  }
  return listingOf(refs);
}

// %(raw) is the object as it is stored, since git 2.34; of a lightweight tag nothing, it may point at a huge file
const OBJECTS =
  '--format=%(refname)%00%(objectname)%00%(objecttype)%00%(if:equals=tag)%(objecttype)%(then)%(raw:size)%00%(raw)%(end)';

interface Programs {
  git: RunGit;
  stream: StreamGit | undefined;
}

async function readTags(
  programs: Programs,
  which: ArtifactName | readonly TagRef[] | undefined,
): Promise<TagReading[]> {
  return typeof which === 'object' ? readRefs(programs, which) : readListing(programs, which);
}

async function* streamTags(
  programs: Programs,
  refs: readonly TagRef[] | undefined,
): AsyncGenerator<TagReading[], void> {
  if (refs === undefined) yield await readListing(programs, undefined);
  else yield* eachReading(programs.git, eachFound(programs, refs));
}

async function readListing(programs: Programs, artifact: ArtifactName | undefined): Promise<TagReading[]> {
  const { git } = programs;
  const result = await git(['for-each-ref', OBJECTS, ...patternsOf(artifact)]);
  // the slow way survives objects that git cannot read
  return result.code === 0
    ? readingsOf(git, [parseObjects(result.stdout)])
    : readRefs(programs, await listTags(git, artifact));
}

const readRefs = (programs: Programs, refs: readonly TagRef[]): Promise<TagReading[]> =>
  readingsOf(programs.git, eachFound(programs, refs));

async function* eachFound({ git, stream }: Programs, refs: readonly TagRef[]): FoundTags {
  let done = 0;
  try {
    if (stream && refs.length > 0)
      for await (const some of inTurn(stream, refs)) {
        done += some.length;
        yield some;
      }
  } catch (error) {
    // git stops at a corrupt object, which the slow way survives
    if (!(error instanceof RegError && error.code === 'GIT_FAILED')) throw error;
  }
  const rest = refs.slice(done);
  if (rest.length === 0) return;
  const objects = await readObjects(
    git,
    rest.map(({ oid }) => oid),
  );
  yield rest.map((ref) => ({ ref, object: objects.get(ref.oid) }));
}

/** Objects as git gives them: every question has its answer, in the same order. */
async function* inTurn(stream: StreamGit, refs: readonly TagRef[]): FoundTags {
  const questions = Buffer.from(refs.map(({ oid }) => `${oid}\n`).join(''), 'latin1');
  let at = 0;
  for await (const answers of answersFrom(stream(['cat-file', '--batch', '--buffer'], questions)))
    yield answers.map(({ object }) => ({ ref: refs[at++] as TagRef, object }));
}

function* parseObjects(out: Buffer): Generator<FoundTag> {
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
    yield { ref, object: { type, bytes: out.subarray(at, at + size) } };
    at += size + 1;
  }
}
