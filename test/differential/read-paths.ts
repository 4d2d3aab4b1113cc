import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { runHere } from '../support/here.js';
import type { Env, Sandbox } from '../support/repo.js';
import type { Comparison } from './compare.js';
import { answerOf, expectedAnswer, question, wordsOf } from './questions.js';
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
 * Asks random repositories, most of them damaged, in every way that there is. Those that read the disk have to give one answer, and that of
 * the reference, or both have to refuse. A server may also refuse where they do not: git serves nothing beside a corrupt object.
 */
export async function disagreements(box: Sandbox, { repositories, seed }: Comparison): Promise<unknown[]> {
  const found: unknown[] = [];
  for (const [index, [repository, asked]] of fc.sample(drawn, { numRuns: repositories, seed }).entries()) {
    const cwd = join(box.root, `paths-${index}`);
    mkdirSync(cwd);
    const events = build(repository, cwd, box.env);
    for (const one of asked) {
      const words = wordsOf(one);
      const runs = await Promise.all(
        Object.entries(PATHS).map(async ([path, envOf]) => {
          const env = { ...box.env, XDG_CACHE_HOME: join(cwd, 'cache'), ...envOf(cwd) };
          const { code, stdout, stderr } = await runHere({ cwd, env }, ...words);
          return { path, code, stdout, stderr };
        }),
      );
      const [first] = runs;
      if (first === undefined) continue;
      const isOne = runs.every(
        ({ path, code, stdout }) =>
          (code === first.code && stdout === first.stdout) || (path === 'url' && code !== 0),
      );
      const expected = expectedAnswer(events, one);
      const isDamaged = first.stderr.includes(' is damaged: ');
      const isRight =
        first.code === 0
          ? isDeepStrictEqual(answerOf(first.stdout, one), expected)
          : isDamaged || (first.code === 1 && expected === undefined);
      if (!isOne || !isRight) found.push({ index, words, expected, runs });
    }
  }
  return found;
}
