import fc from 'fast-check';
import type { AnnotatedTag } from '../../src/domain/event.js';
import { type ArtifactName, artifactName, type StageName, stageName } from '../../src/domain/names.js';
import { type EventName, formatTagName, MAX_COUNTER } from '../../src/domain/tag-name.js';
import { type Version, version } from '../../src/domain/version.js';
import { commit, TAG_FORMS, type TagForm } from './builders.js';

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
const text = (characters: string, minLength = 0, maxLength = 6): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...characters), minLength, maxLength });

const joined = (...parts: fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
  fc.tuple(...parts).map((texts) => texts.join(''));

const named = (inside: string): fc.Arbitrary<string> =>
  fc.oneof(
    text(LETTERS, 1, 1),
    joined(text(LETTERS, 1, 1), text(`${LETTERS}${inside}`, 0, 10), text(LETTERS, 1, 1)),
  );

/** The name of an artifact without a dir, by the grammar of docs/specification.md, 1 Tags, slashes and dots included. */
export const anyName = named('-/_.');

/** Any artifact name. */
export const anyArtifact: fc.Arbitrary<ArtifactName> = fc
  .oneof(anyName, joined(text(`${LETTERS}-_./`, 1, 10), fc.constant(':'), anyName))
  .map(artifactName);

/** Any stage name. */
export const anyStage: fc.Arbitrary<StageName> = named('-/_').map(stageName);

const number = fc.oneof(fc.nat(12), fc.nat()).map(String);
const identifiers = (one: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.array(one, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('.'));
const preRelease = identifiers(
  fc.oneof(number, joined(text('0aA-', 0, 3), text('abzAZ-', 1, 2), text('0aA-', 0, 3))),
);
const build = identifiers(text(`${LETTERS}-`, 1, 5));
const optional = (mark: string, part: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constant(''),
    part.map((one) => mark + one),
  );

/** Any SemVer 2.0.0 version. */
export const anyVersion: fc.Arbitrary<Version> = joined(
  fc.tuple(number, number, number).map((parts) => parts.join('.')),
  optional('-', preRelease),
  optional('+', build),
).map(version);

const anyCounter = fc.oneof(
  fc.nat(20),
  fc.nat(9).map((less) => MAX_COUNTER - less),
  fc.maxSafeNat().filter((counter) => counter <= MAX_COUNTER),
);

/** Any event name, of the artifacts, versions, stages and counters that are given. */
export function eventName(
  artifact: fc.Arbitrary<ArtifactName> = anyArtifact,
  versions: fc.Arbitrary<Version> = anyVersion,
  stages: fc.Arbitrary<StageName> = anyStage,
  counters: fc.Arbitrary<number> = anyCounter,
): fc.Arbitrary<EventName> {
  const counter = fc.option(counters, { nil: undefined });
  const counted = (name: EventName, count: number | undefined): EventName =>
    count === undefined ? name : { ...name, counter: count };
  const bare: fc.Arbitrary<EventName> = fc.oneof(
    fc.record({ kind: fc.constantFrom('registration', 'deregistration'), artifact, version: versions }),
    fc.record({ kind: fc.constantFrom('assignment', 'unassignment'), artifact, stage: stages }),
    fc.record({ kind: fc.constant('deprecation'), artifact }),
  );
  return fc.tuple(bare, counter).map(([name, count]) => counted(name, count));
}

/** The few names that random histories are about, so that their events meet. */
export const ARTIFACTS: readonly ArtifactName[] = ['churn', 'models:churn'].map(artifactName);
export const STAGES: readonly StageName[] = ['dev', 'prod'].map(stageName);
export const VERSIONS: readonly Version[] = ['v0.0.1', 'v1.0.0-rc.1', 'v1.0.0', 'v1.0.1'].map(version);

/** One tag with the event that its name tells. */
export interface NamedTag {
  name: EventName;
  tag: AnnotatedTag;
}

const smallName = eventName(
  fc.constantFrom(...ARTIFACTS),
  fc.constantFrom(...VERSIONS),
  fc.constantFrom(...STAGES),
  fc.nat(9),
);
const message = fc.oneof(
  { weight: 3, arbitrary: fc.constant('Said\n') },
  fc.constantFrom(...VERSIONS, 'v9.9.9', 'nothing').map((stated) => `Said\n\nReg-Version: ${stated}\n`),
);
const smallTag: fc.Arbitrary<NamedTag> = fc
  .record({
    name: smallName,
    letter: fc.constantFrom('A', 'B', 'C'),
    date: fc.nat(15),
    message,
    oid: fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 40, maxLength: 40 }),
  })
  .map(({ name, letter, date, message: said, oid }) => ({
    name,
    tag: {
      name: formatTagName(name),
      oid,
      commit: commit(letter),
      tagger: { name: 'Ann Lee', email: 'ann@example.com' },
      date,
      message: said,
    },
  }));

/** The tags of a small registry, dense with ties, skewed clocks and versions that share a commit. */
export const history: fc.Arbitrary<NamedTag[]> = fc.uniqueArray(smallTag, {
  selector: ({ tag }) => tag.name,
  maxLength: 24,
  size: 'max',
});

const strangeName = fc.constantFrom(
  'v1.0.0',
  'churn',
  'churn@v1.0',
  'churn#prod#x',
  'churn-2@v1.0.0',
  'models=churn2#dev#99',
  'Churn@v1.0.0',
);

/** The tags of a small registry, some of them broken, odd, foreign or dated in the future. */
export const anyRegistry: fc.Arbitrary<{ tag: AnnotatedTag; form: TagForm }[]> = fc
  .tuple(
    fc.uniqueArray(smallTag, { selector: ({ tag }) => tag.name, maxLength: 14 }),
    fc.array(fc.constantFrom<TagForm>('event', 'event', 'event', ...TAG_FORMS), {
      minLength: 14,
      maxLength: 14,
    }),
    fc.uniqueArray(strangeName, { maxLength: 2 }),
    fc.option(fc.constantFrom(1500, 87_400, 99_999_999), { nil: undefined, freq: 8 }),
  )
  .map(([tags, forms, names, future]) => {
    const made = tags.map(({ tag }, index) => ({ tag, form: forms[index] ?? 'event' }));
    const [first, ...rest] = made;
    if (first === undefined) return [];
    const dated = { ...first, tag: { ...first.tag, date: future ?? first.tag.date } };
    return [dated, ...rest, ...names.map((name) => ({ tag: { ...first.tag, name }, form: first.form }))];
  });

const MARKS = [
  '@',
  '#',
  '!',
  ':',
  '=',
  '/',
  '.',
  '..',
  'v',
  '-',
  '+',
  '\n',
  ' ',
  '\0',
  '%',
  '\\',
  '::',
  '://',
  '@{',
  'file://',
];
const WORDS = [
  'churn',
  'prod',
  '1',
  '0',
  '1.0.0',
  'deprecated',
  'latest',
  'https',
  'Reg-Version',
  'é',
  '2026-05-03',
  'T10:00',
];

/** Text that looks a little like what is meant to be read, and any other text. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  fc.array(fc.constantFrom(...MARKS, ...WORDS), { maxLength: 10 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary' }),
);
