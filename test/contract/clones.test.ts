import { mkdtempSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { FETCH } from '../../src/cli/table/command.js';
import { commandNamed } from '../../src/cli/table/table.js';
import { memoize } from '../../src/util/async.js';
import { CLONES, type Clone, makeOrigin, OUT, QUESTIONS } from '../support/clones.js';
import { type RunHere, runHere } from '../support/here.js';
import { type Env, sandbox } from '../support/repo.js';
import { turnsOf } from '../support/soak.js';

// Every question in every clone has the answer of a plain clone, or a message that says why not.

const box = sandbox();
const origin = await makeOrigin(box, 'origin');
origin.remote.git('clone', '--quiet', origin.url, join(box.root, 'plain'));

type Question = readonly string[];
const now = () => Date.UTC(2026, 0, 2);
/** Asks in a clone; where a question writes a folder, it is a new one, and the answer has the name that the question gave it. */
async function ask(cwd: string, env: Env | undefined, question: Question): Promise<RunHere> {
  const out = mkdtempSync(join(box.root, 'out-'));
  const words = question.map((word) => (word === OUT ? out : word));
  const run = await runHere({ cwd, env: { ...box.env, CI: '', ...env }, now }, ...words);
  return { ...run, stdout: run.stdout.replaceAll(out, OUT).replaceAll(relative(cwd, out), OUT) };
}
const plainly = memoize(async (question: Question) => {
  const run = await ask(join(box.root, 'plain'), {}, question);
  // two errors that are the same say nothing of the clones
  expect({ question, stderr: run.stderr }).toMatchObject({ stderr: expect.not.stringContaining('error: ') });
  return run;
});

let count = 0;
async function make(clone: Clone): Promise<string | undefined> {
  count += 1;
  return clone.make(origin, join(box.root, `clone-${count}`));
}
/** Questions as they are change no clone. */
const made = new Map<string, Promise<string | undefined>>();
const shared = (clone: Clone): Promise<string | undefined> => {
  const one = made.get(clone.name) ?? make(clone);
  made.set(clone.name, one);
  return one;
};

const show = ({ code, stdout, stderr }: RunHere): string =>
  `${code} ${JSON.stringify(stdout)} ${JSON.stringify(stderr)}`;

/** Expects the answer of a plain clone; where the clone says why not, another one with that message. */
async function expectAnswer(run: RunHere, question: Question, says: RegExp | undefined): Promise<void> {
  const plain = await plainly(question);
  const isSame = run.stdout === plain.stdout && run.code === plain.code;
  if (isSame) return;
  // findings are the answer of doctor
  const said = question[0] === 'doctor' ? run.stdout + run.stderr : run.stderr;
  if (says?.test(said)) return;
  const wanted = says ? `a message like ${says.source}, or ` : '';
  throw new Error(`not ${wanted}${show(plain)}\nbut ${show(run)}`);
}

const canFetch = ([name = '']: Question): boolean => commandNamed(name)?.options.includes(FETCH) === true;
const lacksTags = ({ says }: Clone): boolean => says?.test('reg sync') === true;

interface Mode {
  name: string;
  isFor?: (clone: Clone, question: Question) => boolean;
  run: (clone: Clone, question: Question) => Promise<void>;
}

const inFresh =
  (env: Env, ...more: string[]) =>
  async (clone: Clone, question: Question): Promise<void> => {
    const cwd = await make(clone);
    if (cwd === undefined) return;
    const run = await ask(cwd, { ...clone.env, ...env }, [...question, ...more]);
    // commits may still be missing between two versions, and the default branch with the rules
    await expectAnswer(
      run,
      question,
      question[0] === 'diff' ? /history is not here/ : /approvals are not shown/,
    );
  };

/** What cannot be done without git says so. */
const NEEDS_GIT = /needs the git program/;

const MODES: readonly Mode[] = [
  {
    name: 'as it is',
    run: async (clone, question) => {
      const cwd = await shared(clone);
      if (cwd !== undefined) await expectAnswer(await ask(cwd, clone.env, question), question, clone.says);
    },
  },
  {
    name: 'without git',
    run: async (clone, question) => {
      const cwd = await shared(clone);
      if (cwd === undefined) return;
      const says = [clone.says, clone.withoutGit, NEEDS_GIT].flatMap((one) => one?.source ?? []).join('|');
      const run = await ask(cwd, { ...clone.env, REG_GIT: 'embedded' }, question);
      await expectAnswer(run, question, new RegExp(says));
    },
  },
  {
    name: 'fetched',
    isFor: (clone, question) => lacksTags(clone) && canFetch(question),
    run: inFresh({}, '--fetch'),
  },
  {
    name: 'with CI=true',
    isFor: (clone, question) => lacksTags(clone) && canFetch(question),
    run: inFresh({ CI: 'true' }),
  },
];

const RUNS = MODES.flatMap((mode) =>
  CLONES.flatMap((clone) =>
    QUESTIONS.flatMap((question) =>
      (mode.isFor?.(clone, question) ?? true) ? [{ mode, clone, question }] : [],
    ),
  ),
);
/** A prime, so that each clone and each question have a turn. */
const SHARE = 31;
const taken = turnsOf(0, SHARE).rows(RUNS);

test.each(CLONES)('$name', async (clone) => {
  const failures: string[] = [];
  for (const { mode, question } of taken.filter((run) => run.clone === clone))
    await mode.run(clone, question).catch((error: Error) => {
      failures.push(`reg ${question.join(' ')}, ${mode.name}: ${error.message}`);
    });
  expect(failures).toEqual([]);
});
