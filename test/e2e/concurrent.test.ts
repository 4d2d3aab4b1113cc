import { expect, test } from 'vitest';
import { regIn } from '../support/cli.js';
import { regIn as regHere } from '../support/cli-here.js';
import { type Repository, sandbox } from '../support/repo.js';
import { pairs } from '../support/soak.js';
import { makeRegistry } from './registry.js';

const box = sandbox();
const WRITERS = 5;
const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** Writers are runs of the program, or runs in this process. */
const MODES = ['processes', 'runs'] as const;
type Mode = (typeof MODES)[number];

/** Runs all commands at the same time; gives the tags that were accepted, and the exit codes. */
async function allAtOnce(mode: Mode, registry: Repository, commands: readonly (readonly string[])[]) {
  const reg = (mode === 'processes' ? regIn : regHere)(box, registry.dir);
  const runs = await Promise.all(commands.map((args) => reg(...args)));
  for (const { code, stderr } of runs) {
    expect([0, 1]).toContain(code);
    if (code === 1) expect(stderr).toMatch(/^error: (?!this is a defect)/);
  }
  const accepted = runs
    .flatMap(({ stdout, code }) => (code === 0 ? stdout.trim().split('\n') : []))
    .filter(Boolean);
  return { accepted, codes: runs.map(({ code }) => code) };
}

/** What holds whatever happened: accepted is present, nothing else is, no counter and no parent is shared. */
function expectOneJournal(
  registry: Repository,
  before: readonly string[],
  accepted: readonly string[],
): void {
  const tags = registry.tags();
  expect([...before, ...accepted].sort()).toEqual([...tags].sort());
  const counters = tags.flatMap((tag) => /#(\d+)$/.exec(tag)?.[1] ?? []);
  expect(counters.map(Number).sort((a, b) => a - b)).toEqual(
    range(counters.length).map((index) => index + 1),
  );
  const format = '--format=%(refname:lstrip=2) %(trailers:key=Reg-Parent,separator=)';
  const parentOf = new Map(
    registry
      .git('for-each-ref', format, 'refs/tags')
      .split('\n')
      .map((line) => line.split(/ (.*)/) as [string, string]),
  );
  const parents = accepted.map((tag) => parentOf.get(tag));
  expect(new Set(parents).size).toBe(parents.length);
  expect(registry.git('fsck', '--strict', '--no-dangling')).toBe('');
}

const SCENARIOS: { what: string; expectOutcome: (mode: Mode) => Promise<void> }[] = [
  {
    what: 'assign versions to one stage',
    expectOutcome: async (mode) => {
      const registry = makeRegistry(box, `one-stage-${mode}`, 'churn');
      for (const n of range(WRITERS)) registry.tag(`churn@v1.${n}.0`, 'Register', registry.commit());
      const before = registry.tags();
      const commands = range(WRITERS).map((n) => ['assign', `churn@v1.${n}.0`, 'prod']);
      const { accepted, codes } = await allAtOnce(mode, registry, commands);
      expect(codes).toEqual(commands.map(() => 0));
      expect(accepted).toHaveLength(WRITERS);
      expectOneJournal(registry, before, accepted);
    },
  },
  {
    what: 'assign to the stages that the configuration lists',
    expectOutcome: async (mode) => {
      const stages = range(WRITERS).map((n) => `stage-${n}`);
      const registry = makeRegistry(box, `known-stages-${mode}`, 'churn');
      registry.commit({ '.reg.yaml': `stages: [${stages.join(', ')}]\n` });
      registry.tag('churn@v1.0.0');
      const { accepted } = await allAtOnce(
        mode,
        registry,
        stages.map((stage) => ['assign', 'churn@v1.0.0', stage]),
      );
      expect(accepted).toHaveLength(WRITERS);
      expectOneJournal(registry, ['churn@v1.0.0'], accepted);
    },
  },
  {
    what: 'assign to new stages',
    expectOutcome: async (mode) => {
      const registry = makeRegistry(box, `new-stages-${mode}`, 'churn');
      registry.tag('churn@v1.0.0');
      const { accepted } = await allAtOnce(
        mode,
        registry,
        range(WRITERS).map((n) => ['assign', 'churn@v1.0.0', `stage-${n}`]),
      );
      expect(accepted).toHaveLength(WRITERS);
      expectOneJournal(registry, ['churn@v1.0.0'], accepted);
    },
  },
  {
    what: 'register one commit without a version: one does, and all answer with its tag',
    expectOutcome: async (mode) => {
      const registry = makeRegistry(box, `one-commit-${mode}`, 'churn');
      const { accepted } = await allAtOnce(
        mode,
        registry,
        range(WRITERS).map(() => ['register', 'churn']),
      );
      expect(accepted).toEqual(range(WRITERS).map(() => 'churn@v0.0.1'));
      expectOneJournal(registry, [], ['churn@v0.0.1']);
    },
  },
  {
    what: 'register one commit, each as another version: one does',
    expectOutcome: async (mode) => {
      const registry = makeRegistry(box, `many-versions-${mode}`, 'churn');
      const { accepted } = await allAtOnce(
        mode,
        registry,
        range(WRITERS).map((n) => ['register', 'churn', '--version', `v${n}.0.0`]),
      );
      expect(accepted).toHaveLength(1);
      expectOneJournal(registry, [], accepted);
    },
  },
  {
    what: 'register many commits: all do, each with a number of its own',
    expectOutcome: async (mode) => {
      const registry = makeRegistry(box, `many-commits-${mode}`, 'churn');
      const commits = range(WRITERS).map((n) => registry.commit({ 'model.bin': `model ${n}` }));
      const { accepted } = await allAtOnce(
        mode,
        registry,
        commits.map((commit) => ['register', 'churn', commit]),
      );
      expect([...accepted].sort()).toEqual(range(WRITERS).map((n) => `churn@v0.0.${n + 1}`));
      expectOneJournal(registry, [], accepted);
    },
  },
  {
    what: 'register and assign, of several artifacts',
    expectOutcome: async (mode) => {
      const registry = makeRegistry(box, `several-${mode}`, 'churn', 'fraud');
      const { accepted } = await allAtOnce(
        mode,
        registry,
        range(WRITERS).map((n) => ['assign', n % 2 === 0 ? 'churn' : 'fraud', n % 4 < 2 ? 'dev' : 'prod']),
      );
      // who finds the version in its stage answers with the tag that put it there
      expect([...new Set(accepted)].sort()).toEqual([...registry.tags()].sort());
      const reg = regHere(box, registry.dir);
      for (const artifact of ['churn', 'fraud'])
        for (const stage of ['dev', 'prod'])
          expect((await reg('which', artifact, stage)).stdout).toBe('v0.0.1\n');
    },
  },
];

const scenarios = pairs(SCENARIOS, MODES).map(([row, mode]) => ({ ...row, mode }));
test.each(scenarios)(`${WRITERS} $mode at once: $what`, ({ expectOutcome, mode }) => expectOutcome(mode));

test('two processes that put versions into a stage and take it back leave one journal', async () => {
  const registry = makeRegistry(box, 'journal', 'churn');
  for (const n of [1, 2]) registry.tag(`churn@v${n}.0.0`, 'Register', registry.commit());
  const reg = regIn(box, registry.dir);
  const accepted: string[] = [];
  const turns = async (version: string): Promise<void> => {
    for (const command of ['assign', 'rollback', 'assign', 'rollback']) {
      const args = command === 'assign' ? [command, `churn@${version}`, 'prod'] : [command, 'churn', 'prod'];
      accepted.push(...(await reg(...args)).stdout.trim().split('\n').filter(Boolean));
    }
  };
  await Promise.all([turns('v1.0.0'), turns('v2.0.0')]);
  // what already is current is answered with its tag, which another turn made
  expectOneJournal(registry, ['churn@v1.0.0', 'churn@v2.0.0'], [...new Set(accepted)]);
});
