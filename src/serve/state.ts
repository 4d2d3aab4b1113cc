import type { ArtifactName } from '../domain/names.js';
import { compareText } from '../domain/order.js';
import { tagsByArtifact } from '../domain/state.js';
import { type ErrorCode, RegError } from '../errors.js';
import { refOf, type TagReading, type TagRef, type Tags } from '../git/port.js';
import type { RegistryContext } from '../registry/context.js';
import { annotatedTags } from '../registry/read.js';

/** A registry as it was at one moment. Its tags are in memory, so that a question that was asked before costs nothing. */
export interface State {
  /** The registry with these tags: every call of `registry/` answers from them. */
  context: RegistryContext;
  /** Every artifact that some tag names, by name. */
  artifacts: readonly ArtifactName[];
  /** Whether some tag names an artifact. */
  has(artifact: ArtifactName): boolean;
  /** How many tags there are. */
  tags: number;
  /**
   * The answer to a question, which is asked once: later states have it as long as the tags that it is about are the same. Not found is an
   * answer too. The answer outlives the state, and must not hold it.
   * @param scope what the answer depends on: the tags of one artifact, or of all and HEAD
   * @param key names the question
   */
  remembered<T>(scope: ArtifactName | 'all', key: string, ask: () => Promise<T>): Promise<T>;
}

/** What states of one registry share: tag objects, which never change, by their ids. */
export type KnownObjects = Map<string, TagReading>;

/** So many tag objects are kept. */
const MOST_OBJECTS = 50_000;
/** So many answers are kept of each artifact. */
const MOST_ANSWERS = 10_000;

type Answers = Map<string, Promise<unknown>>;

/** What a state is made of. */
interface Parts {
  registry: RegistryContext;
  objects: KnownObjects;
  /** By name. */
  refs: readonly TagRef[];
  known: ReadonlyMap<string, TagReading>;
  byArtifact: ReadonlyMap<ArtifactName, readonly TagRef[]>;
  answers: Map<ArtifactName | 'all', Answers>;
  /** What answers depend on beside tags. */
  config: string;
  head: string | undefined;
}

type Kept = State & Parts;

/**
 * Reads a registry.
 * @param config the bytes of its configuration, as a text
 * @param before the state before this one, whose answers are kept where nothing changed
 * @throws RegError what listing tags throws
 */
export async function readServed(
  registry: RegistryContext,
  config: string,
  objects: KnownObjects,
  before?: State,
): Promise<State> {
  const [listed, head] = await Promise.all([
    annotatedTags(registry).list('all'),
    registry.repository.objects.commit('HEAD'),
  ]);
  const refs = [...listed.refs];
  const byArtifact = tagsByArtifact(refs);
  const answers = keptAnswers(before as Kept | undefined, { byArtifact, config, head });
  return stateOf({ registry, objects, refs, known: listed.known, byArtifact, answers, config, head });
}

/** So many tags are put into a state one by one. */
const MOST_CHANGED = 500;

/**
 * The state after some tags were made or moved, and nothing else changed: to list all of a large registry takes longer.
 * @returns undefined where the registry is to be read as a whole, because one of them is no annotated tag of a commit
 * @throws RegError what reading tags throws
 */
export async function withTags(before: State, tags: ReadonlyMap<string, string>): Promise<State | undefined> {
  const kept = before as Kept;
  const { registry, objects } = kept;
  if (tags.size > MOST_CHANGED || kept.known.size > 0 || (await registry.exclusion()) !== undefined)
    return undefined;
  const wanted = [...tags].map(([name, oid]): TagRef => ({ name, oid, peeled: 'unknown' }));
  const changed: TagRef[] = [];
  for (const reading of await readObjects(registry.repository.tags, objects, wanted)) {
    if (!('tag' in reading)) return undefined;
    const { name, oid, commit } = reading.tag;
    changed.push({ name, oid, peeled: commit });
  }
  const byArtifact = new Map(kept.byArtifact);
  const answers = new Map(kept.answers);
  answers.delete('all');
  for (const [artifact, own] of tagsByArtifact(changed)) {
    byArtifact.set(artifact, inserted(byArtifact.get(artifact) ?? [], own));
    answers.delete(artifact);
  }
  return stateOf({ ...kept, refs: inserted(kept.refs, changed), byArtifact, answers });
}

/** A list by name with some tags more, each in its place, or in the place of that with its name. */
function inserted(refs: readonly TagRef[], more: readonly TagRef[]): TagRef[] {
  const all = [...refs];
  for (const one of more) {
    let [low, high] = [0, all.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareText((all[middle] as TagRef).name, one.name) < 0) low = middle + 1;
      else high = middle;
    }
    // git orders bytes, and this is the order of code units: beyond the first planes of Unicode they differ
    const isPlain = /^[ -~]*$/.test(one.name);
    const there = isPlain ? low : all.findIndex(({ name }) => name === one.name);
    if (all[there]?.name === one.name) all[there] = one;
    else all.splice(low, 0, one);
  }
  return all;
}

function stateOf(parts: Parts): Kept {
  const { registry, objects, refs, known, byArtifact, answers } = parts;
  const tags: Tags = {
    list: async (scope) => {
      if (scope === 'all') return { refs, known };
      const own = byArtifact.get(scope) ?? [];
      const read = own.flatMap(({ name }) => known.get(name) ?? []);
      return { refs: own, known: new Map(read.map((reading) => [refOf(reading).name, reading])) };
    },
    read: (wanted) => readObjects(registry.repository.tags, objects, wanted),
  };
  return {
    ...parts,
    context: {
      ...registry,
      // here a remote was asked with the list; a question would ask it again each time
      offline: registry.offline ?? registry.repository.address === undefined,
      repository: { ...registry.repository, tags },
    },
    artifacts: [...byArtifact.keys()].sort(compareText),
    has: (artifact) => byArtifact.has(artifact),
    tags: refs.length,
    remembered: (scope, key, ask) => {
      let own = answers.get(scope);
      if (own === undefined) {
        own = new Map();
        answers.set(scope, own);
      }
      return rememberIn(own, key, ask);
    },
  };
}

/** The answers of the state before that are answers of this one too. */
function keptAnswers(
  before: Kept | undefined,
  now: Pick<Kept, 'byArtifact' | 'config' | 'head'>,
): Kept['answers'] {
  const kept: Kept['answers'] = new Map();
  if (before === undefined || before.config !== now.config) return kept;
  let isSame = before.head === now.head && before.byArtifact.size === now.byArtifact.size;
  for (const [artifact, refs] of now.byArtifact) {
    const same = sameTags(before.byArtifact.get(artifact), refs);
    isSame &&= same;
    const answers = same ? before.answers.get(artifact) : undefined;
    if (answers !== undefined) kept.set(artifact, answers);
  }
  const all = isSame ? before.answers.get('all') : undefined;
  if (all !== undefined) kept.set('all', all);
  return kept;
}

const sameTags = (some: readonly TagRef[] | undefined, others: readonly TagRef[]): boolean =>
  some !== undefined &&
  some.length === others.length &&
  others.every((one, index) => some[index]?.oid === one.oid && some[index]?.name === one.name);

/** Something that is not there stays so until a tag changes; after any other failure it is asked again. */
const LASTING: ReadonlySet<ErrorCode> = new Set([
  'UNKNOWN_ARTIFACT',
  'UNKNOWN_VERSION',
  'UNKNOWN_STAGE',
  'NOTHING_IN_STAGE',
  'NOT_DECLARED',
  'NOT_PINNED',
  'INVALID_LINK',
  'INVALID_NAME',
  'INVALID_STAGE',
  'INVALID_VERSION',
]);

function rememberIn<T>(answers: Answers, key: string, ask: () => Promise<T>): Promise<T> {
  const known = answers.get(key);
  if (known !== undefined) return known as Promise<T>;
  const answer = ask();
  answers.set(key, answer);
  answer.catch((error: unknown) => {
    const isLasting = error instanceof RegError && LASTING.has(error.code);
    if (!isLasting && answers.get(key) === answer) answers.delete(key);
  });
  if (answers.size > MOST_ANSWERS) answers.delete(answers.keys().next().value ?? '');
  return answer;
}

async function readObjects(
  tags: Tags,
  known: KnownObjects,
  wanted: readonly TagRef[],
): Promise<TagReading[]> {
  const keyOf = ({ oid, name }: TagRef): string => `${oid} ${name}`;
  const unread = wanted.filter((ref) => !known.has(keyOf(ref)));
  const read = unread.length === 0 ? [] : await tags.read(unread);
  const fresh = new Map(unread.map((ref, index) => [keyOf(ref), read[index] as TagReading]));
  const readings = wanted.map((ref) => fresh.get(keyOf(ref)) ?? (known.get(keyOf(ref)) as TagReading));
  for (const [key, reading] of fresh) {
    // an object that is missing may come
    if ('tag' in reading) known.set(key, reading);
    if (known.size > MOST_OBJECTS) known.delete(known.keys().next().value ?? '');
  }
  return readings;
}
