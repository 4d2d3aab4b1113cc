import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { type Event, eventOf, type Oid } from '../../src/domain/event.js';
import { parseTagName } from '../../src/domain/tag-name.js';
import type { Env } from '../support/repo.js';

/** What the ref of a tag leads to. */
export const FORMS = [
  'annotated',
  'signed',
  'nested',
  'lightweight',
  'malformed',
  'garbage',
  'on a blob',
  'on a tree',
  'missing',
] as const;
/** What is left of a tag after a power cut, a full disk or a bad sector. */
export const DAMAGED_FORMS = [
  'missing',
  'corrupt object',
  'cut-off object',
  'empty object',
  'empty ref',
  'ref without an id',
] as const;
export type Form = (typeof FORMS)[number] | (typeof DAMAGED_FORMS)[number];

/** A tag; `commit` is one of four, `date` in seconds since the epoch. */
export interface RandomTag {
  name: string;
  commit: number;
  date: number;
  message: string;
  form: Form;
}

/** The greatest date of a tag. */
export const LAST_DATE = 20;

/** A random repository: its tags, and how git keeps them. */
export interface RandomRepository {
  tags: RandomTag[];
  isBare: boolean;
  /** How many of the refs are packed; the others are loose, and may be newer. */
  packedRefs: number;
  packedObjects: boolean;
}

const version = fc.constantFrom('v0.0.1', 'v1.0.0-rc.1', 'v1.0.0', 'v1.0.0+b', 'v1.0.1');
const artifact = fc.constantFrom('churn', 'churn', 'churn', 'models=churn');
const counter = fc.oneof(
  fc.constant(''),
  fc.integer({ min: 1, max: 12 }).map((count) => `#${count}`),
);
const joined = (...parts: fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
  fc.tuple(...parts).map((texts) => texts.join(''));
const mark = (text: string): fc.Arbitrary<string> => fc.constantFrom('', '', '', text);

const tagName = fc.oneof(
  { weight: 10, arbitrary: joined(artifact, fc.constant('@'), version, mark('!'), counter) },
  {
    weight: 16,
    arbitrary: joined(artifact, fc.constant('#'), fc.constantFrom('dev', 'prod'), mark('!'), counter),
  },
  { weight: 1, arbitrary: joined(artifact, fc.constant('@deprecated'), counter) },
  { weight: 1, arbitrary: fc.constantFrom('v1.0.0', 'churn@v1.0', 'churn#prod#x', 'churn-2@v1.0.0') },
);

/** Random repositories: few names, versions, commits and dates, so that they meet; mostly annotated tags, else these forms. */
export const randomRepository = (forms: readonly Form[]): fc.Arbitrary<RandomRepository> =>
  fc.record({
    tags: fc.uniqueArray(
      fc.record({
        name: tagName,
        commit: fc.nat(3),
        date: fc.integer({ min: 1, max: LAST_DATE }),
        message: fc.oneof(
          fc.constant('Said\n'),
          version.map((stated) => `Said\n\nReg-Version: ${stated}\n`),
          fc.constant('Said\n\nReg-Version: nothing\n'),
        ),
        form: fc.oneof(
          { weight: 9, arbitrary: fc.constant<Form>('annotated') },
          { weight: 1, arbitrary: fc.constantFrom(...forms) },
        ),
      }),
      { selector: ({ name }) => name, minLength: 5, maxLength: 24, size: 'max' },
    ),
    isBare: fc.boolean(),
    packedRefs: fc.constantFrom(0, 0, 0.7, 1, 1),
    packedObjects: fc.boolean(),
  });

/** Makes a random repository in a folder, and gives the events that its tags are. */
export function build(
  { tags, isBare, packedRefs, packedObjects }: RandomRepository,
  folder: string,
  env: Env,
): Event[] {
  const dir = isBare ? folder : join(folder, '.git');
  const write = (path: string, content: string | Uint8Array): void => {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), content);
  };
  const objects = new Set<Oid>();
  const add = (type: 'blob' | 'tree' | 'commit' | 'tag', content: string): Oid => {
    const bytes = Buffer.from(`${type} ${Buffer.byteLength(content)}\0${content}`);
    const oid = createHash('sha1').update(bytes).digest('hex');
    write(`objects/${oid.slice(0, 2)}/${oid.slice(2)}`, deflateSync(bytes, { level: 1 }));
    return objects.add(oid) && oid;
  };
  const git = (input: string, ...args: string[]): void =>
    void execFileSync('git', args, { cwd: folder, env, input, stdio: ['pipe', 'pipe', 'ignore'] });

  mkdirSync(join(dir, 'refs/heads'), { recursive: true });
  write('HEAD', 'ref: refs/heads/main\n');
  write('config', `[core]\n\trepositoryformatversion = 0\n\tbare = ${isBare}\n`);
  const tree = add('tree', '');
  const person = 'Ann Lee <ann@example.com>';
  const commits = [0, 1, 2, 3].map((index) =>
    add('commit', `tree ${tree}\nauthor ${person} 1 +0000\ncommitter ${person} 1 +0000\n\n${index}\n`),
  );
  write('refs/heads/main', `${commits[3]}\n`);

  const object = ({ name, date, message, form }: RandomTag, commit: Oid): Oid => {
    const annotated = (target: Oid, type = 'commit', text = message): Oid =>
      add('tag', `object ${target}\ntype ${type}\ntag ${name}\ntagger ${person} ${date} +0000\n\n${text}`);
    switch (form) {
      case 'annotated':
        return annotated(commit);
      case 'signed':
        return annotated(commit, 'commit', `${message}-----BEGIN SSH SIGNATURE-----\nabc\n`);
      case 'nested':
        return annotated(annotated(commit, 'commit', 'inner\n'), 'tag');
      case 'lightweight':
        return commit;
      case 'malformed':
        return add('tag', `object ${commit}\ntype commit\ntag ${name}\n\nno tagger\n`);
      case 'garbage':
        return add('tag', 'garbage\n');
      case 'on a blob':
        return annotated(add('blob', 'bytes'), 'blob');
      case 'on a tree':
        return annotated(tree, 'tree');
      case 'missing':
        return createHash('sha1').update(name).digest('hex');
      case 'corrupt object':
      case 'cut-off object':
      case 'empty object':
        return annotated(commit, 'commit', `${message}${form}\n`);
      // their refs are written at the end
      case 'empty ref':
      case 'ref without an id':
        return annotated(commit);
    }
  };
  /** The object of a tag whose bytes are not what its id says, and the bytes that are there. */
  const spoil = (tag: RandomTag, commit: Oid): [Oid, Uint8Array][] => {
    switch (tag.form) {
      case 'corrupt object':
        return [[object(tag, commit), Buffer.from('this is no object')]];
      case 'cut-off object':
        return [[object(tag, commit), deflateSync(Buffer.from('tag 200\0object ')).subarray(0, 12)]];
      case 'empty object':
        return [[object(tag, commit), new Uint8Array()]];
      default:
        return [];
    }
  };
  const events: Event[] = [];
  for (const [index, tag] of tags.entries()) {
    const commit = commits[tag.commit] ?? '';
    const oid = object(tag, commit);
    if (index === Math.floor(tags.length * packedRefs) && index > 0) git('', 'pack-refs', '--all');
    write(`refs/tags/${tag.name}`, `${oid}\n`);
    const name = parseTagName(tag.name);
    if (name !== undefined && EVENTS.has(tag.form))
      events.push(
        eventOf(name, { ...tag, commit, oid, tagger: { name: 'Ann Lee', email: 'ann@example.com' } }),
      );
  }
  if (packedRefs === 1) git('', 'pack-refs', '--all');
  const spoiled = new Map(tags.flatMap((tag) => spoil(tag, commits[tag.commit] ?? '')));
  if (packedObjects) {
    const whole = [...objects].filter((oid) => !spoiled.has(oid));
    git(whole.join('\n'), 'pack-objects', '--quiet', join(dir, 'objects/pack/pack'));
    git('', 'prune-packed', '--quiet');
  }
  for (const [oid, bytes] of spoiled) write(`objects/${oid.slice(0, 2)}/${oid.slice(2)}`, bytes);
  for (const { name, form } of tags)
    if (form === 'empty ref' || form === 'ref without an id')
      write(`refs/tags/${name}`, form === 'empty ref' ? '' : 'garbage\n');
  return events;
}

const EVENTS: ReadonlySet<Form> = new Set(['annotated', 'signed', 'nested']);
