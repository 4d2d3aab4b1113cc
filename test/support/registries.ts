import fc from 'fast-check';
import { encodeTag } from '../../src/git/tag-object.js';
import { type MemoryRepository, memoryRepository } from './memory.js';

/** One tag of a random registry; `form` says what its ref holds. */
export interface RandomTag {
  name: string;
  commit: number;
  date: number;
  trailer: string | undefined;
  form: 'annotated' | 'lightweight' | 'nested' | 'no-tagger' | 'garbage' | 'on-blob' | 'missing';
}

const COMMITS = 4;
const version = fc.constantFrom('v1.0.0', 'v1.1.0', 'v2.0.0-rc.1', 'v2.0.0', 'v2.0.0+b');
const artifact = fc.constantFrom('churn', 'models=churn', 'churn2');
const counter = fc.oneof(
  fc.constant(''),
  fc.integer({ min: 1, max: 12 }).map((n) => `#${n}`),
);

const name = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(artifact, version, counter).map(([a, v, n]) => `${a}@${v}${n}`) },
  { weight: 1, arbitrary: fc.tuple(artifact, version, counter).map(([a, v, n]) => `${a}@${v}!${n}`) },
  {
    weight: 6,
    arbitrary: fc
      .tuple(artifact, fc.constantFrom('dev', 'prod'), fc.constantFrom('', '', '', '!'), counter)
      .map(([a, s, cancel, n]) => `${a}#${s}${cancel}${n}`),
  },
  { weight: 1, arbitrary: fc.tuple(artifact, counter).map(([a, n]) => `${a}@deprecated${n}`) },
  { weight: 1, arbitrary: fc.constantFrom('v1.0.0', 'churn#prod#x', 'churn@vv1.0.0') },
);

/** Names of one artifact that mostly settle it: of those above nearly every artifact has one that has to be read as a whole. */
const settledName = fc.oneof(
  { weight: 1, arbitrary: version.map((v) => `churn@${v}`) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.constantFrom('dev', 'prod'), fc.constantFrom('', '!'), fc.integer({ min: 1, max: 4 }))
      .map(([s, cancel, n]) => `churn#${s}${cancel}#${n}`),
  },
);

const tagWith = (names: fc.Arbitrary<string>): fc.Arbitrary<RandomTag> =>
  fc.record({
    name: names,
    commit: fc.integer({ min: 0, max: COMMITS - 1 }),
    date: fc.integer({ min: 1, max: 40 }),
    trailer: fc.option(version, { nil: undefined, freq: 6 }),
    form: fc.oneof(
      { weight: 12, arbitrary: fc.constant('annotated' as const) },
      {
        weight: 1,
        arbitrary: fc.constantFrom<RandomTag['form']>(
          'lightweight',
          'nested',
          'no-tagger',
          'garbage',
          'on-blob',
        ),
      },
    ),
  });

/** Random registries, small enough that names, counters, dates and commits collide; some tags are broken. */
export const registries: fc.Arbitrary<RandomTag[]> = fc.oneof(
  ...[name, settledName].map((names) =>
    fc.uniqueArray(tagWith(names), { selector: (one) => one.name, maxLength: 14, size: 'max' }),
  ),
);

/** The registry in a memory repository. */
export function build(tags: readonly RandomTag[]): MemoryRepository {
  const repository = memoryRepository({ name: 'Ann', email: 'ann@example.com', now: 1000, zone: '+0000' });
  const commits = Array.from({ length: COMMITS }, () => repository.commit());
  for (const one of tags) repository.point(one.name, objectOf(repository, one, commits[one.commit] ?? ''));
  return repository;
}

function objectOf(
  repository: MemoryRepository,
  { name: tagName, date, trailer, form }: RandomTag,
  commit: string,
): string {
  if (form === 'lightweight') return commit;
  if (form === 'missing') return 'f'.repeat(40);
  if (form === 'garbage') return repository.add('tag', Buffer.from('garbage\n'));
  const onBlob = form === 'on-blob';
  const object = onBlob ? repository.add('blob', Buffer.from('bytes')) : commit;
  const bytes = encodeTag({
    object,
    type: onBlob ? 'blob' : 'commit',
    tag: tagName,
    tagger: { name: 'Ann', email: 'ann@example.com' },
    date,
    zone: '+0000',
    message: trailer === undefined ? 'said\n' : `said\n\nReg-Version: ${trailer}\n`,
  });
  if (form === 'no-tagger')
    return repository.add(
      'tag',
      Buffer.from(
        Buffer.from(bytes)
          .toString()
          .replace(/tagger .*\n/, ''),
      ),
    );
  const oid = repository.add('tag', bytes);
  if (form !== 'nested') return oid;
  const outer = { object: oid, type: 'tag', tag: tagName, date, zone: '+0000', message: 'outer\n' } as const;
  return repository.add('tag', encodeTag({ ...outer, tagger: { name: 'Bo', email: 'bo@example.com' } }));
}
