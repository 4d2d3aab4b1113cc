import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { runHere } from '../support/here.js';
import type { Env, Sandbox } from '../support/repo.js';
import type { Comparison } from './compare.js';
import { answerOf, expectedAnswer, type Question, question, wordsOf } from './questions.js';
import { build, DAMAGED_FORMS, FORMS, randomRepository } from './random-repository.js';

/** The ways to read a repository: with the git program, without it, and from a server. */
const PATHS: Record<string, (dir: string) => Env> = {
  git: () => ({ REG_GIT: 'git' }),
  embedded: () => ({ REG_GIT: 'embedded' }),
  url: (dir) => ({ REG_GIT: 'git', REG_REPO: `file://${dir}` }),
};

const questions = fc.tuple(
  question('show'),
  question('versions'),
  question('which', 'all'),
  question('latest'),
);
const drawn = fc.tuple(randomRepository([...FORMS, ...DAMAGED_FORMS, ...DAMAGED_FORMS]), questions);

/**
 * Asks random repositories, most of them damaged, in every way that there is. Each has to give the answer of the reference, or to refuse.
 * Some refuse where others answer: `packed-refs` tells what a tag leads to whose object is gone, and git serves nothing beside a corrupt
 * object.
 */
export async function disagreements(box: Sandbox, { repositories, seed }: Comparison): Promise<unknown[]> {
  const found: unknown[] = [];
  const answered = new Set<string>();
  for (const [index, [repository, asked]] of fc.sample(drawn, { numRuns: repositories, seed }).entries()) {
    const cwd = join(box.root, `paths-${index}`);
    mkdirSync(cwd);
    const events = build(repository, cwd, box.env);
    for (const one of asked) {
      const words = wordsOf(one);
      const expected = expectedAnswer(events, one);
      const runs = await Promise.all(
        Object.entries(PATHS).map(async ([path, envOf]) => {
          const env = { ...box.env, XDG_CACHE_HOME: join(cwd, 'cache'), ...envOf(cwd) };
          const { code, stdout, stderr } = await runHere({ cwd, env }, ...words);
          return { path, code, stdout, stderr };
        }),
      );
      for (const { path, code } of runs) if (code === 0) answered.add(path);
      const wrong = runs.filter((run) => !isRight(run, one, expected));
      if (wrong.length > 0) found.push({ index, words, expected, wrong });
    }
  }
  // to refuse always would be right each time
  for (const path of Object.keys(PATHS)) if (!answered.has(path)) found.push(`${path} never answers`);
  return found;
}

/** Whether an answer is that of the reference, or refuses with the reason; an overview may mark what it does not answer for. */
function isRight(
  { path, code, stdout, stderr }: { path: string; code: number; stdout: string; stderr: string },
  asked: Question,
  expected: unknown,
): boolean {
  if (stderr.includes('defect of reg')) return false;
  if (code === 0) return isDeepStrictEqual(answerOf(stdout, asked), expected);
  const isRefused = stderr.includes(' is damaged: ') || stderr.includes('"DAMAGED"');
  if (stdout === '') return isRefused || expected === undefined || (path === 'url' && code === 4);
  const whole = (answerOf(stdout, asked) as unknown[]).filter((row) => !isMarked(row));
  return (
    isRefused && whole.every((row) => (expected as unknown[]).some((one) => isDeepStrictEqual(one, row)))
  );
}

const isMarked = (row: unknown): boolean =>
  Array.isArray(row) ? row.includes('damaged') : (row as { problem: unknown }).problem === 'DAMAGED';
