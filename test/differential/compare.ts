import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { runReg } from '../support/cli.js';
import type { Sandbox } from '../support/repo.js';
import { answerOf, expectedAnswer, question, wordsOf } from './questions.js';
import { build, FORMS, randomRepository } from './random-repository.js';

/** How much is compared, and from which random numbers. */
export interface Comparison {
  repositories: number;
  seed: number;
}

const questions = fc.tuple(question('show'), question('versions'), question('which', 'all', 'latest'));
const drawn = fc.tuple(randomRepository(FORMS), questions);

/** Asks the built program about random repositories, and gives what it answers otherwise than the reference. */
export async function differences(box: Sandbox, { repositories, seed }: Comparison): Promise<unknown[]> {
  const found: unknown[] = [];
  const cases = fc.sample(drawn, { numRuns: repositories, seed }).entries();
  const compare = async (): Promise<void> => {
    for (const [index, [repository, asked]] of cases) {
      const cwd = join(box.root, `${index}`);
      mkdirSync(cwd);
      const events = build(repository, cwd, box.env);
      for (const one of asked) {
        const env = one.withoutGit ? { REG_GIT: 'embedded' } : {};
        const words = wordsOf(one);
        const run = await runReg(box, { cwd, env }, ...words);
        const expected = expectedAnswer(events, one);
        // what is answered all the same is what it would be without the tags whose objects are missing
        if (run.code === 1 && run.stderr.includes(' is damaged: ')) continue;
        const answer = run.code === 0 ? answerOf(run.stdout, one) : undefined;
        if (run.code === (expected === undefined ? 1 : 0) && isDeepStrictEqual(answer, expected)) continue;
        found.push({ index, env, words, expected, answer, code: run.code, stderr: run.stderr });
      }
    }
  };
  await Promise.all([compare(), compare(), compare()]);
  return found;
}
