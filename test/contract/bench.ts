import { execFileSync } from 'node:child_process';
import { openBinaryRepository } from '../../src/git/binary/repository.js';
import { memoryRepository } from '../../src/git/memory.js';
import type { RegistryRepository } from '../../src/git/port.js';
import { encodeTag } from '../../src/git/tag-object.js';
import { type Repository, type Sandbox, START } from '../support/repo.js';

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
  ['binary', binaryBench],
];

function memoryBench(): Bench {
  const repository = memoryRepository({ ...ANN, now: START, zone: '+0000' });
  return {
    repository,
    commit: repository.commit,
    add: (type, bytes) => repository.add(type, Buffer.from(bytes)),
    point: repository.point,
  };
}

function binaryBench(box: Sandbox, name: string): Bench {
  return benchOver(box, box.repository(name));
}

/** The bench of the git program over a repository that is there already. */
export function benchOver(box: Sandbox, made: Repository): Bench {
  const { dir, commit, writeTagRef } = made;
  return {
    repository: openBinaryRepository(dir, box),
    commit,
    add: (type, input) =>
      execFileSync('git', ['hash-object', '-t', type, '-w', '--stdin', '--literally'], {
        cwd: dir,
        env: box.env,
        input,
        encoding: 'utf8',
      }).trim(),
    point: (tagName, oid) => writeTagRef(tagName, `${oid}\n`),
  };
}

export const ANN = { name: 'Ann Lee', email: 'ann@example.com' };

/** The bytes of a tag object as `reg` writes them. */
export const tagBytes = (object: string, tag: string, type: 'commit' | 'tag' | 'tree' | 'blob' = 'commit') =>
  encodeTag({ object, type, tag, tagger: ANN, date: START, zone: '+0000', message: `About ${tag}\n` });

/** Makes an annotated tag; gives the oid of its object. */
export function annotate(bench: Bench, tagName: string, object: string): string {
  const oid = bench.add('tag', tagBytes(object, tagName));
  bench.point(tagName, oid);
  return oid;
}
