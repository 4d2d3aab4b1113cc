import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import {
  type ArtifactState,
  latestVersion,
  stagesUsed,
  stateOf,
  versionsGreatestFirst,
  versionsInStage,
} from '../../src/domain/artifact.js';
import { artifactName } from '../../src/domain/names.js';
import { commit, events } from '../support/builders.js';

/** What a history leads to; fixtures/histories/README.md describes the format. */
interface Expectation {
  at?: number;
  artifact?: string;
  absent?: true;
  latest?: string | null;
  versions?: Record<string, string>;
  inactive?: string[];
  stages?: Record<string, string[]>;
  deprecated?: boolean;
  order?: string[];
  moves?: (string | null)[];
}

interface History {
  rule: string;
  tags: string[];
  expect: Expectation[];
}

const FOLDER = new URL('../../fixtures/histories/', import.meta.url);
const FILES = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.yaml'))
  .map((name): [string, History[]] => [name, parse(readFileSync(new URL(name, FOLDER), 'utf8'))]);

/** A version as the histories name it: a bare commit by its letter. */
const named = (id: string): string => 'ABCDEF'.split('').find((letter) => commit(letter) === id) ?? id;

/** All that an expectation can say of an artifact. */
function told(artifact: ArtifactState): Omit<Required<Expectation>, 'at' | 'artifact' | 'absent'> {
  const versions = versionsGreatestFirst(artifact);
  const active = versions.filter((version) => version.active);
  const latest = latestVersion(artifact);
  return {
    latest: latest ? named(latest.id) : null,
    versions: Object.fromEntries(active.map((version) => [named(version.id), named(version.commit)])),
    inactive: versions.filter((version) => !version.active).map((version) => named(version.id)),
    stages: Object.fromEntries(
      stagesUsed(artifact).map((stage) => [
        stage,
        versionsInStage(artifact, stage).map((held) => named(held.version.id)),
      ]),
    ),
    deprecated: artifact.deprecated,
    order: artifact.events.map((event) => event.tag),
    moves: artifact.events.map((event) => (event.of === undefined ? null : named(event.of))),
  };
}

const KEYS = ['latest', 'versions', 'inactive', 'stages', 'deprecated', 'order', 'moves'] as const;

describe.each(FILES)('%s', (_file, histories) => {
  it.each(histories)('$rule', ({ tags, expect: expectations }) => {
    for (const { at, artifact = 'churn', absent, ...expected } of expectations) {
      const moment = at === undefined ? 'at the end' : `at ${at}`;
      const state = stateOf(events(tags), at).get(artifactName(artifact));
      expect(state === undefined, `absent ${moment}`).toBe(absent === true);
      if (state === undefined) continue;
      const all = told(state);
      const compared = KEYS.filter((key) => expected[key] !== undefined);
      expect(compared.length, 'every expectation says something').toBeGreaterThan(0);
      expect(Object.keys(expected).sort(), 'and nothing else').toEqual([...compared].sort());
      expect(Object.fromEntries(compared.map((key) => [key, all[key]])), moment).toEqual(expected);
    }
  });
});

it('there are histories', () => {
  expect(FILES.flatMap(([, histories]) => histories).length).toBeGreaterThan(30);
});
