import { expect, test } from 'vitest';
import { regIn, transcript } from '../support/cli-here.js';
import { type Repository, sandbox } from '../support/repo.js';
import { type Finding, findingsIn, pasteFix } from './findings.js';
import { makeRegistry, tagHourly } from './registry.js';

const box = sandbox();
const HOUR = 3600;
const CENTURY = 100 * 365 * 24 * HOUR;
const GONE = '0123456789abcdef0123456789abcdef01234567';

let registries = 0;
/** A sound registry: churn v1.0.0 is in prod. */
function soundRegistry(): Repository {
  registries += 1;
  const registry = makeRegistry(box, `registry-${registries}`, 'churn');
  tagHourly(box, registry, 'churn@v1.0.0', 'churn#prod#1');
  return registry;
}

/** Writes a tag object about `object`, which it calls a commit. */
const rawTag = ({ writeRawTag }: Repository, name: string, object: string, message = 'Said', called = name) =>
  writeRawTag(
    `object ${object}\ntype commit\ntag ${called}\ntagger Ann <a@b> 1768000000 +0000\n\n${message}\n`,
    name,
  );
const head = ({ git }: Repository): string => git('rev-parse', 'HEAD');

interface Case {
  breaks(registry: Repository): void;
  finds: Omit<Finding, 'message'>;
}
const error = (check: string, subject: string, fix: string | null = null): Case['finds'] => ({
  level: 'error',
  check,
  subject,
  fix,
});
const warning = (check: string, subject: string, fix: string | null = null): Case['finds'] => ({
  ...error(check, subject, fix),
  level: 'warning',
});

const CASES: Record<string, Case> = {
  'a lightweight tag': {
    breaks: ({ git }) => void git('tag', 'churn@v2.0.0'),
    finds: error('lightweight', 'churn@v2.0.0', 'git update-ref -d refs/tags/churn@v2.0.0'),
  },
  'a malformed tag': {
    breaks: ({ writeRawTag }) => void writeRawTag('hello\n', 'churn#dev!#2'),
    finds: error('malformed', 'churn#dev!#2', "git update-ref -d 'refs/tags/churn#dev!#2'"),
  },
  'a tag on a tree': {
    breaks: ({ tag }) => void tag('churn@v2.0.0', 'Register', 'HEAD^{tree}'),
    finds: error('not-a-commit', 'churn@v2.0.0', 'git update-ref -d refs/tags/churn@v2.0.0'),
  },
  'a tag whose object is missing': {
    breaks: ({ writeTagRef }) => writeTagRef('churn@v2.0.0', `${GONE}\n`),
    // to delete it could lose an event
    finds: error('missing', 'churn@v2.0.0', null),
  },
  'a name that cannot be read': {
    breaks: ({ tag }) => void tag('churn#prod#x'),
    finds: error('look-alike', 'churn#prod#x', "git update-ref -d 'refs/tags/churn#prod#x'"),
  },
  'a lightweight look-alike': {
    breaks: ({ git }) => void git('tag', 'churn@v1.0'),
    finds: error('look-alike', 'churn@v1.0', 'git update-ref -d refs/tags/churn@v1.0'),
  },
  'a tag object with another name': {
    breaks: (registry) => void rawTag(registry, 'churn#dev#2', head(registry), 'Said', 'churn#dev#9'),
    finds: warning('odd-object', 'churn#dev#2'),
  },
  'a tag of a tag': {
    breaks: ({ tag }) => void tag('churn#dev#2', 'Assign', 'refs/tags/churn@v1.0.0'),
    finds: warning('odd-object', 'churn#dev#2'),
  },
  'names that differ by letter case alone': {
    breaks: ({ tag }) => void tag('CHURN@v1.0.0'),
    finds: warning('letter-case', 'churn'),
  },
  'a tag of the next century': {
    breaks: ({ tag }) => {
      box.advance(CENTURY);
      tag('churn#dev#2');
      box.advance(-CENTURY);
    },
    finds: warning('clock', 'churn#dev#2'),
  },
  'a clock that went wrong': {
    breaks: ({ tag }) => {
      box.advance(-3 * HOUR);
      tag('churn#dev#2');
      box.advance(3 * HOUR);
    },
    finds: warning('clock', 'churn#dev#2'),
  },
  'a counter that was given twice': {
    breaks: ({ tag }) => void tag('churn#dev#1'),
    finds: warning('counter', 'churn#dev#1'),
  },
  'a version that nobody registered': {
    breaks: (registry) => void rawTag(registry, 'churn#dev#2', head(registry), 'Said\n\nReg-Version: v9.0.0'),
    finds: warning('unregistered', 'churn#dev#2'),
  },
  'two versions of one commit': {
    breaks: ({ tag }) => void tag('churn@v2.0.0'),
    finds: { ...warning('shared-commit', 'churn'), level: 'info' },
  },
  'a tag that was deleted or moved': {
    breaks: (registry) => void rawTag(registry, 'churn#dev#2', head(registry), `Said\n\nReg-Parent: ${GONE}`),
    finds: warning('gap', 'churn#dev#2'),
  },
  'a commit that is missing': {
    breaks: (registry) => void rawTag(registry, 'churn@v2.0.0', GONE),
    finds: error('missing-commit', 'churn@v2.0.0', 'git update-ref -d refs/tags/churn@v2.0.0'),
  },
  'a commit that is a tree': {
    breaks: (registry) => void rawTag(registry, 'churn@v2.0.0', registry.git('rev-parse', 'HEAD^{tree}')),
    finds: error('not-a-commit', 'churn@v2.0.0', 'git update-ref -d refs/tags/churn@v2.0.0'),
  },
  'a link that leads nowhere': {
    breaks: (registry) => {
      registry.commit({ 'churn.model.yaml': 'source: {repo: ../nowhere, path: x, rev: main}\n' });
      tagHourly(box, registry, 'churn@v3.0.0', 'churn#prod#3');
    },
    finds: error('link', 'churn'),
  },
};

test.each(Object.entries(CASES))('%s', async (_what, { breaks, finds }) => {
  const registry = soundRegistry();
  breaks(registry);
  expect(await findingsIn(box, registry)).toEqual([{ ...finds, message: expect.any(String) }]);
  if (finds.fix === null) return;
  pasteFix(box, registry, finds.fix);
  expect(await findingsIn(box, registry)).toEqual([]);
});

test('a commit that was assigned without a version', async () => {
  const registry = soundRegistry();
  const commit = registry.commit();
  registry.tag('churn#dev#2');
  const fix = `reg register churn ${commit}`;
  expect(await findingsIn(box, registry)).toMatchObject([
    { ...warning('unregistered', 'churn#dev#2', fix), level: 'info' },
  ]);
  pasteFix(box, registry, fix);
  expect(await findingsIn(box, registry)).toEqual([]);
  expect((await regIn(box, registry.dir)('which', 'churn', 'dev')).stdout).toBe('v1.0.1\n');
});

test('a registry without a fault, and many at once', async () => {
  const registry = soundRegistry();
  for (const tag of ['v1.0.0', 'release-2020', '@scope/pkg@1.2.3']) registry.git('tag', tag);
  const sound = await regIn(box, registry.dir)('doctor');
  for (const what of [
    'a lightweight tag',
    'a name that cannot be read',
    'a tag of a tag',
    'a link that leads nowhere',
  ])
    CASES[what]?.breaks(registry);
  expect(transcript(sound, await regIn(box, registry.dir)('doctor'))).toMatchInlineSnapshot(`
    "$ reg doctor
    -- stderr --
    nothing is wrong

    $ reg doctor
    warning	odd-object	churn#dev#2	the tag counts and nothing has to be done, but it points at another tag, not at a commit	-
    error	look-alike	churn#prod#x	it looks like an event, but its name cannot be read as one	git update-ref -d 'refs/tags/churn#prod#x'
    error	lightweight	churn@v2.0.0	it is named as an event, but is not one: it is a lightweight tag on a commit	git update-ref -d refs/tags/churn@v2.0.0
    error	link	churn	its link at commit <oid 1, short> leads nowhere: there is no git repository at <tmp>/nowhere	-
    -- exit 1 --
    "
  `);
});
