import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { runHere } from '../support/here.js';
import type { Repository, Sandbox } from '../support/repo.js';
import { START } from '../support/repo.js';

/** The gto program to compare with; undefined where none is installed, which `.ci/run` says. */
export const gto = process.env.REG_GTO;

/** What a step does: a call of gto by its name, and its arguments. */
type Step = readonly [call: string, ...args: string[]];

const ARTIFACTS = ['churn', 'fraud'];
const artifact = fc.constantFrom('churn', 'churn', 'fraud');
const stage = fc.constantFrom('dev', 'prod');
const version = fc.constantFrom('v0.0.1', 'v0.0.2', 'v0.0.3');
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(fc.constant('register'), artifact, fc.constantFrom('main', 'main~1', 'main~2')),
  },
  { weight: 4, arbitrary: fc.tuple(fc.constant('assign'), artifact, stage, version) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('unassign'), artifact, stage, version) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('deregister'), artifact, version) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('deprecate'), artifact) },
);
const steps = fc.array(step, { minLength: 6, maxLength: 10 });

/** The command line of a step. */
function commandOf([call, name = '', ...args]: Step): string[] {
  if (call === 'assign' || call === 'unassign') return [call, `${name}@${args[1]}`, args[0] ?? ''];
  if (call === 'deregister') return [call, `${name}@${args[0]}`];
  return [call, name, ...args, ...(call === 'register' ? ['--unlinked'] : [])];
}

interface Answers {
  /** Whether gto can read all of it. */
  readable: unknown;
  targets: Record<string, unknown>;
  show: unknown;
  versions: Record<string, unknown>;
  history: unknown;
  stages: unknown;
  refs: unknown;
}

/**
 * Lets both tools write into random repositories in turn, and gives every answer that differs. gto is started twice.
 * @param box where the repositories are made
 */
export async function gtoDifferences(
  box: Sandbox,
  { repositories, seed }: { repositories: number; seed: number },
): Promise<unknown[]> {
  const stories = fc.sample(fc.tuple(steps, steps, steps), { numRuns: repositories, seed });
  const made: Repository[] = stories.map((_, index) => {
    const repository = box.repository(`gto-${seed}-${index}`);
    repository.commit({ '.gto': 'stages: [dev, prod]\n' });
    repository.commit();
    repository.commit();
    return repository;
  });
  const found: unknown[] = [];
  for (const part of [0, 2]) {
    for (const [index, story] of stories.entries())
      for (const one of story[part] ?? []) await writeHere(box, made[index] as Repository, one);
    // in the second round gto only answers
    const asked = stories.map((story, index) => ({
      dir: made[index]?.dir,
      now: START + clock,
      steps: part === 0 ? story[1] : [],
      artifacts: ARTIFACTS,
    }));
    const told = askGto(box, asked);
    clock += 3600;
    box.advance(3600);
    for (const [index, repository] of made.entries()) {
      const own = await answersOf(box, repository);
      const theirs = told[index] as Answers;
      if (JSON.stringify(sorted(own)) !== JSON.stringify(sorted(theirs)))
        found.push({ dir: repository.dir, own, theirs });
    }
  }
  return found;
}

/** How many seconds the clock of the sandbox is past its start. */
let clock = 0;

async function writeHere(box: Sandbox, { dir }: Repository, one: Step): Promise<void> {
  clock += 60;
  box.advance(60);
  await runHere({ cwd: dir, env: box.env, now: Date.now }, ...commandOf(one));
}

function askGto({ env }: Sandbox, asked: unknown): unknown[] {
  const python = join(dirname(gto ?? ''), 'python3');
  const script = fileURLToPath(new URL('ask-gto.py', import.meta.url));
  const { stdout, stderr } = spawnSync(python, [script], {
    env,
    input: JSON.stringify(asked),
    encoding: 'utf8',
  });
  try {
    return JSON.parse(stdout);
  } catch {
    throw new Error(stderr);
  }
}

async function answersOf(box: Sandbox, { dir }: Repository): Promise<Answers> {
  const json = async (...args: string[]) => {
    const { stdout } = await runHere({ cwd: dir, env: box.env, now: Date.now }, ...args, '--json');
    return stdout === '' ? [] : JSON.parse(stdout);
  };
  const show: { artifact: string; latest: string; stages: unknown }[] = await json(
    'show',
    '--registered-only',
  );
  const history: { tag: string; event: string; version: string; stage: string }[] = await json(
    'history',
    '--asc',
  );
  const versions = ARTIFACTS.map(async (name) => {
    const rows: { version: string; active: boolean }[] = await json('show', name);
    return [
      name,
      rows
        .filter(({ active }) => active)
        .map((row) => row.version)
        .sort(),
    ] as const;
  });
  const targets = ARTIFACTS.map(async (name) => {
    if ((await json('show', name)).length === 0) return [name, {}] as const;
    const found = ['@latest', '#dev', '#prod'].map(async (target) => {
      const rows: { version: string; active: boolean }[] = await json('show', name + target);
      return [target, rows.filter(({ active }) => active).map((row) => row.version)] as const;
    });
    return [name, Object.fromEntries(await Promise.all(found))] as const;
  });
  // what gto cannot read is a finding, and nothing else is
  const findings: { check: string }[] = await json('doctor', '--offline');
  return {
    readable: findings.every(({ check }) => check !== 'gto-readable'),
    show: Object.fromEntries(show.map((row) => [row.artifact, { latest: row.latest, stages: row.stages }])),
    versions: Object.fromEntries(await Promise.all(versions)),
    targets: Object.fromEntries(await Promise.all(targets)),
    history: history.map((row) => [row.tag, row.event, row.version, row.stage]),
    stages: (await json('stages', '--used')).sort(),
    refs: history.map(() => true),
  };
}

/** The same with the keys of every object in order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, sorted(inner)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
