import { beforeAll, describe, expect, test } from 'vitest';
import { parseTagName } from '../../src/domain/tag-name.js';
import { regIn } from '../support/cli-here.js';
import { START, sandbox } from '../support/repo.js';
import { makeRegistry } from './registry.js';

const box = sandbox();
const registry = makeRegistry(box, 'registry', 'churn', 'models:fraud');
const second = registry.commit();

/** Every kind of event, some of them twice; git's clock stands still all the while. */
const WRITES = [
  'register churn HEAD~1',
  'assign churn@v0.0.1 prod',
  'register models:fraud',
  'assign churn prod',
  'assign models:fraud dev',
  'rollback churn prod',
  'unassign churn prod',
  'deregister churn@v0.0.2',
  'register churn --version v0.0.2',
  'deprecate churn',
  'assign churn@v0.0.1 eu-west',
  'deprecate churn',
  'register churn HEAD~1 --version v1.0.0-rc.1+build.7 --force',
  'deprecate models:fraud',
];
const written: string[] = [];
beforeAll(async () => {
  for (const write of WRITES) {
    const { stdout, stderr, code } = await regIn(box, registry.dir)(...write.split(' '));
    expect(code, stderr).toBe(0);
    written.push(...stdout.trim().split('\n'));
  }
});
const field = (format: string, tag: string): string =>
  registry.git('for-each-ref', `--format=${format}`, `refs/tags/${tag}`);
const ofArtifact = (prefix: string): string[] => written.filter((tag) => tag.startsWith(prefix));

/** The names that gto 1.x reads: artifact, then version or stage, then counter. */
const GTO_NAME =
  /^([a-zA-Z0-9-_./]+=)?[a-zA-Z0-9]([a-zA-Z0-9-/_]*[a-zA-Z0-9])?(@v\d+\.\d+\.\d+[a-zA-Z0-9.+-]*!?(#\d+)?|#[a-zA-Z0-9]([a-zA-Z0-9-/_]*[a-zA-Z0-9])?!?#\d+|@deprecated(#\d+)?)$/;

test('they are the tags that there are, and no other', () => {
  expect(registry.tags()).toEqual([...written].sort());
  expect(written).toMatchInlineSnapshot(`
    [
      "churn@v0.0.1",
      "churn#prod#1",
      "models=fraud@v0.0.1",
      "churn@v0.0.2",
      "churn#prod#2",
      "models=fraud#dev#1",
      "churn#prod#3",
      "churn#prod!#4",
      "churn#prod!#5",
      "churn@v0.0.2!",
      "churn@v0.0.2#6",
      "churn@deprecated",
      "churn#eu-west#7",
      "churn@deprecated#8",
      "churn@v1.0.0-rc.1+build.7",
      "models=fraud@deprecated",
    ]
  `);
});

describe('every tag', () => {
  test('is an annotated tag on a commit of the branch', () => {
    const commits = registry.git('rev-list', 'main').split('\n');
    for (const tag of written) {
      expect(field('%(objecttype) %(*objecttype)', tag), tag).toBe('tag commit');
      expect(commits).toContain(field('%(*objectname)', tag));
    }
    expect(field('%(*objectname)', 'churn@v0.0.2')).toBe(second);
  });

  test('has a name of the grammar, which git takes as a ref, and calls itself by it', () => {
    for (const tag of written) {
      expect(tag).toMatch(GTO_NAME);
      expect(parseTagName(tag)).toBeDefined();
      expect(registry.git('check-ref-format', `refs/tags/${tag}`)).toBe('');
      expect(field('%(tag)', tag)).toBe(tag);
    }
  });

  test('says who, and a subject', () => {
    for (const tag of written) {
      expect(field('%(taggername) %(taggeremail)', tag)).toBe('Ann Lee <ann@example.com>');
      expect(field('%(subject)', tag)).toMatch(
        /^(Register|Deregister|Assign|Unassign|Deprecate) (churn|models:fraud)/,
      );
    }
  });

  test('has trailers that git reads: the version of a stage event, the event before', () => {
    for (const tag of written) {
      const version = field('%(contents:trailers:key=Reg-Version,valueonly)', tag).trim();
      expect(version !== '', tag).toBe(/#[a-z-]+!?#\d+$/.test(tag));
    }
    for (const prefix of ['churn', 'models=fraud'])
      for (const [index, tag] of ofArtifact(prefix).entries()) {
        const before = ofArtifact(prefix)[index - 1];
        const parent = field('%(contents:trailers:key=Reg-Parent,valueonly)', tag).trim();
        expect(parent, tag).toBe(
          before === undefined ? '' : registry.git('rev-parse', `refs/tags/${before}`),
        );
      }
  });
});

test('dates of an artifact are a second apart although the clock stood still, and counters never repeat', () => {
  for (const prefix of ['churn', 'models=fraud']) {
    const tags = ofArtifact(prefix);
    const dates = tags.map((tag) => Number(field('%(taggerdate:unix)', tag)));
    expect(dates).toEqual(tags.map((_, index) => START + index));
    const counters = tags.flatMap((tag) => /#(\d+)$/.exec(tag)?.[1] ?? []).map(Number);
    expect(counters).toEqual(counters.map((_, index) => index + 1));
  }
});

test('by date alone, as gto reads them, they are in the order in which they were written', () => {
  const byDate = registry.git(
    'for-each-ref',
    '--sort=taggerdate',
    '--format=%(refname:lstrip=2)',
    'refs/tags/churn@*',
    'refs/tags/churn#*',
  );
  expect(byDate.split('\n')).toEqual(ofArtifact('churn'));
  expect(registry.git('fsck', '--strict', '--no-dangling')).toBe('');
});
