import { createHash } from 'node:crypto';
import { type ArtifactState, artifactStateOf } from '../../src/domain/artifact.js';
import { type AnnotatedTag, type Event, eventOf, type Oid } from '../../src/domain/event.js';
import { artifactName } from '../../src/domain/names.js';
import type { Snapshot } from '../../src/domain/plan.js';
import { parseTagName } from '../../src/domain/tag-name.js';
import { type ErrorCode, RegError } from '../../src/errors.js';
import { encodeTag } from '../../src/git/tag-object.js';
import { type MemoryRepository, memoryRepository } from './memory.js';

/** The id of the commit that a history calls `A` to `F`: that digit, forty times. */
export function commit(letter: string): Oid {
  if (!/^[A-F]$/.test(letter)) throw new Error(`'${letter}' is no commit of a history: A to F`);
  return letter.toLowerCase().repeat(40);
}

/**
 * The tag of one line, `<tag name> <commit letter> <date in seconds> [<Reg-Version>] [+<Reg-Approval>]… [~<Reg-Renamed-From>]`:
 * `churn#prod#3 B 60 v1.2.0` is dated 60, leads to commit B and states its version in a trailer.
 */
export function tag(line: string): AnnotatedTag {
  const words = line.trim().split(/\s+/);
  const approvals = words.filter((word) => word.startsWith('+'));
  const renamed = words.filter((word) => word.startsWith('~'));
  const [name = '', letter = '', date = '', version, ...rest] = words.filter((word) => !/^[+~]/.test(word));
  const trailers = [
    ...(version === undefined ? [] : [`Reg-Version: ${version}`]),
    ...approvals.map((word) => `Reg-Approval: ${word.slice(1)}`),
    ...renamed.map((word) => `Reg-Renamed-From: ${word.slice(1)}`),
  ];
  if (!/^-?\d+$/.test(date) || rest.length > 0) throw new Error(`'${line}' is no line of a history`);
  return {
    name,
    oid: createHash('sha1').update(`${name} ${letter} ${date}`).digest('hex'),
    commit: commit(letter),
    tagger: { name: 'Ann Lee', email: 'ann@example.com' },
    date: Number(date),
    message: trailers.length === 0 ? 'Said by Ann\n' : `Said by Ann\n\n${trailers.join('\n')}\n`,
  };
}

/** The event of one line; every line must be one. */
export function event(line: string): Event {
  const made = tag(line);
  const name = parseTagName(made.name);
  if (name === undefined) throw new Error(`'${made.name}' is no event`);
  return eventOf(name, made);
}

/** The events of some lines. */
export const events = (lines: readonly string[]): Event[] => lines.map(event);

/** The state of the artifact `churn` after some lines, perhaps as of a time. */
export const churn = (lines: readonly string[], at?: number): ArtifactState =>
  artifactStateOf(artifactName('churn'), events(lines), at);

/** What is known of `churn` when a write is decided, at second 1000 and with any stage allowed. */
export const snapshot = (lines: readonly string[], other: Partial<Snapshot> = {}): Snapshot => ({
  artifact: churn(lines),
  tagNames: new Set(lines.map((line) => tag(line).name)),
  otherArtifacts: [],
  mayLack: false,
  stages: undefined,
  now: 1000,
  shared: false,
  ...other,
});

/** The error that a call throws, which must be one that `reg` throws on purpose. */
export function refusal(call: () => unknown): RegError {
  try {
    call();
  } catch (error) {
    if (error instanceof RegError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

/** The code of that error. */
export const refusalCode = (call: () => unknown): ErrorCode => refusal(call).code;

/** What the ref of a tag holds: an event, or one of the many things that are none. */
export type TagForm = (typeof TAG_FORMS)[number];
export const TAG_FORMS = [
  'event',
  'nested',
  'signed',
  'lightweight',
  'malformed',
  'on a blob',
  'missing',
] as const;

/** A repository in memory with four commits, oldest first. */
export interface Registry {
  repository: MemoryRepository;
  commits: readonly Oid[];
}

/** A registry of these tags, whose writer's clock says 1000; commits A to D are the four that it has. */
export function buildRegistry(tags: readonly { tag: AnnotatedTag; form: TagForm }[]): Registry {
  const repository = memoryRepository({ name: 'Bo', email: 'bo@example.com', now: 1000, zone: '+0000' });
  const commits = Array.from({ length: 4 }, () => repository.commit());
  for (const { tag, form } of tags) {
    const object = commits['abcd'.indexOf(tag.commit[0] ?? '')] ?? '';
    repository.point(tag.name, refOf(repository, { ...tag, commit: object }, form));
  }
  return { repository, commits };
}

function refOf(repository: MemoryRepository, tag: AnnotatedTag, form: TagForm): Oid {
  const { name, tagger, date, message } = tag;
  const made = {
    object: tag.commit,
    type: 'commit',
    tag: name,
    tagger,
    date,
    zone: '+0000',
    message,
  } as const;
  const signature = '-----BEGIN SSH SIGNATURE-----\nabc\n-----END SSH SIGNATURE-----\n';
  switch (form) {
    case 'event':
      return repository.add('tag', encodeTag(made));
    case 'signed':
      return repository.add('tag', encodeTag({ ...made, message: message + signature }));
    case 'nested':
      return repository.add(
        'tag',
        encodeTag({ ...made, type: 'tag', object: refOf(repository, tag, 'event') }),
      );
    case 'lightweight':
      return tag.commit;
    case 'malformed':
      return repository.add(
        'tag',
        Buffer.from(`object ${tag.commit}\ntype commit\ntag ${name}\n\nno tagger\n`),
      );
    case 'on a blob':
      return repository.add(
        'tag',
        encodeTag({ ...made, type: 'blob', object: repository.add('blob', Buffer.from('x')) }),
      );
    case 'missing':
      return '0'.repeat(40);
  }
}
