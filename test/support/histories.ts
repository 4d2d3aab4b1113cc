import { readFileSync } from 'node:fs';
import { encodeTag } from '../../src/git/tag-object.js';
import { type MemoryRepository, memoryRepository } from './memory.js';

/** One registry history with the answers that gto gives; the format is described in fixtures/gto/README.md. */
export interface GtoCase {
  id: string;
  commits: number;
  tags: {
    name: string;
    commit: number;
    time: number;
    msg: string;
    tagger: [string, string];
    light: boolean;
  }[];
  expect: {
    show: Record<string, { latest: string | null; stages: Record<string, string> }>;
    versions: Record<string, { version: string; commit: number; stages: string[] }[]>;
    latest: Record<string, string | null>;
    stages: string[];
    history: {
      time: number;
      artifact: string;
      event: string;
      version: string | null;
      stage: string | null;
      commit: number;
      tag: string;
      author: string;
    }[];
  };
}

/** All histories of fixtures/gto. */
export const gtoCases: GtoCase[] = readFileSync(
  new URL('../../fixtures/gto/gto-answers.jsonl', import.meta.url),
  'utf8',
)
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as GtoCase);

/** A history in a memory repository, with the ids of its commits, oldest first. */
export function memoryHistory({ commits, tags }: Pick<GtoCase, 'commits' | 'tags'>): {
  repository: MemoryRepository;
  commitIds: string[];
} {
  const repository = memoryRepository({
    name: 'Ann Lee',
    email: 'ann@example.com',
    now: 1_800_000_000,
    zone: '+0000',
  });
  const commitIds = Array.from({ length: commits }, () => repository.commit());
  for (const { name, commit, time, msg, tagger, light } of tags) {
    const object = commitIds[commit] ?? '';
    const bytes = encodeTag({
      object,
      type: 'commit',
      tag: name,
      tagger: { name: tagger[0], email: tagger[1] },
      date: time,
      zone: '+0000',
      message: `${msg}\n`,
    });
    repository.point(name, light ? object : repository.add('tag', bytes));
  }
  return { repository, commitIds };
}
