import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { tagRef } from '../../src/domain/refs.js';
import { openUrlRepository } from '../../src/git/open-with-git.js';
import type { RefChange, RegistryRepository } from '../../src/git/port.js';
import { openGitRepository } from '../../src/git/program/repository.js';
import { encodeTag, type TagObject } from '../../src/git/tag-object.js';
import { writeLoose } from '../support/loose-objects.js';
import { memoryRepository } from '../support/memory.js';
import { type Env, type Repository, type Sandbox, START } from '../support/repo.js';
import { type Turns, turnsOf } from '../support/soak.js';
import { embeddedLocal, embeddedWeb } from './embedded-bench.js';

/** A repository behind an adapter, and the ways past the adapter that a test needs to set it up. */
export interface Bench {
  repository: RegistryRepository;
  /** Commits these files and makes that HEAD. */
  commit(files?: Readonly<Record<string, string>>): string;
  /** Stores an object, however broken. */
  add(type: string, bytes: string | Uint8Array): string;
  /** Points a tag at any id, whether there is such an object or not. */
  point(tagName: string, oid: string): void;
}

/** Makes an empty repository for each test. */
export type BenchMaker = (box: Sandbox, name: string) => Bench;

/** Every adapter that reads and writes a registry. */
export const BENCHES: readonly (readonly [string, BenchMaker])[] = [
  ['memory', memoryBench],
  ['git', (box, name) => benchOver(box, box.repository(name))],
];

/** Every adapter that reads a repository on this machine. */
export const LOCAL_READERS: readonly (readonly [string, BenchMaker])[] = [
  ...BENCHES,
  [
    'embedded',
    (box, name) => {
      const made = box.repository(name);
      return { ...benchOver(box, made), repository: embeddedLocal(box, made) };
    },
  ],
];

/** How a repository is read at its URL. */
export interface UrlReading {
  /** Whether the server leaves out what it is asked to leave out (git-config(1), uploadpack.allowFilter). */
  filters: boolean;
  /** Variables of the reader, on top of the sandbox's. */
  env: Env;
  /** Over HTTP and without the git program. */
  embedded?: true;
}

/** Servers and readers, new and old. */
export const URL_READINGS: readonly (readonly [string, UrlReading])[] = [
  ['url', { filters: true, env: {} }],
  ['url-unfiltered', { filters: false, env: {} }],
  [
    'url-old-protocol',
    {
      filters: true,
      env: {
        GIT_CONFIG_COUNT: '1',
        GIT_CONFIG_KEY_0: 'protocol.version',
        GIT_CONFIG_VALUE_0: '0',
        // a git that looks for a missing commit at such a server starts itself for it again and again (git(1))
        GIT_NO_LAZY_FETCH: '1',
      },
    },
  ],
  ['embedded-url', { filters: true, env: {}, embedded: true }],
  ['embedded-url-unfiltered', { filters: false, env: {}, embedded: true }],
];

/** Every adapter that reads a registry. */
export const READERS: readonly (readonly [string, BenchMaker])[] = [
  ...LOCAL_READERS,
  ...URL_READINGS.map(
    ([kind, reading]) =>
      [kind, (box: Sandbox, name: string) => urlBench(box, box.repository(name), reading)] as const,
  ),
];

/**
 * Every adapter that reads a registry, and which tests of a suite are run with it: those of this machine are run with all,
 * those at a URL take turns in `npm test`.
 */
export const readersInTurn = (): (readonly [string, BenchMaker, Turns])[] =>
  READERS.map(([kind, make], place) => {
    const atUrl = place - LOCAL_READERS.length;
    return [kind, make, atUrl < 0 ? turnsOf(0, 1) : turnsOf(atUrl, URL_READINGS.length)];
  });

function memoryBench(): Bench {
  const repository = memoryRepository({ ...ANN, now: START, zone: '+0000' });
  return {
    repository,
    commit: repository.commit,
    add: (type, bytes) => repository.add(type, Buffer.from(bytes)),
    point: repository.point,
  };
}

/** The bench of the git program over a repository that is there already. */
export function benchOver(box: Sandbox, made: Repository): Bench {
  const { dir, commit, writeTagRef } = made;
  return {
    repository: openGitRepository(dir, box),
    commit,
    add: (type, bytes) => writeLoose(join(dir, '.git/objects'), type, bytes),
    point: (tagName, oid) => writeTagRef(tagName, `${oid}\n`),
  };
}

/** The bench of a repository that is there already, read at its URL. */
export function urlBench(
  box: Sandbox,
  made: Repository,
  { filters, env, embedded }: UrlReading,
  cache = join(box.root, 'cache'),
): Bench {
  appendFileSync(join(made.dir, '.git/config'), `[uploadpack]\n\tallowFilter = ${filters}\n`);
  const repository = embedded
    ? embeddedWeb(box, made, cache)
    : openUrlRepository(`file://${made.dir}`, cache, { env: { ...box.env, ...env } });
  return { ...benchOver(box, made), repository };
}

export const ANN = { name: 'Ann Lee', email: 'ann@example.com' };

/** A tag object as `reg` writes them. */
export const tagObject = (
  object: string,
  tag: string,
  type: 'commit' | 'tag' | 'tree' | 'blob' = 'commit',
): TagObject => ({ object, type, tag, tagger: ANN, date: START, zone: '+0000', message: `About ${tag}\n` });

/** Its bytes. */
export const tagBytes = (...parts: Parameters<typeof tagObject>) => encodeTag(tagObject(...parts));

/** The change that creates a tag. */
export const creating = (tagName: string, to: string): RefChange => ({
  ref: tagRef(tagName),
  from: undefined,
  to,
});

/** The change that takes a creation back. */
export const deleting = ({ ref, to }: RefChange): RefChange => ({ ref, from: to, to: undefined });

/** How a change of refs may end; a reason is shown to people. */
export const DONE = { kind: 'done' };
export const LOST = { kind: 'lost', reason: expect.stringMatching(/\S/) };

/** Makes an annotated tag; gives the oid of its object. */
export function annotate(bench: Bench, tagName: string, object: string): string {
  const oid = bench.add('tag', tagBytes(object, tagName));
  bench.point(tagName, oid);
  return oid;
}
