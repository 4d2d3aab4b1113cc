import { randomUUID } from 'node:crypto';
import { appendFile } from 'node:fs/promises';
import { RegError } from '../../errors.js';
import type { CheckedRow } from '../../registry/rows.js';
import { clean } from './clean.js';
import { githubOutput, githubSummary, outputsOf } from './github-files.js';

/**
 * Hands an event to the next steps of a workflow, and shows it on the page of the run.
 * @throws RegError USAGE outside of a workflow
 */
export async function writeGithubFiles(row: CheckedRow, env: NodeJS.ProcessEnv): Promise<void> {
  const { GITHUB_OUTPUT: output, GITHUB_STEP_SUMMARY: summary } = env;
  if (!output)
    throw new RegError(
      'USAGE',
      '--github-output writes to the file that GITHUB_OUTPUT names, and it names none',
      'use it in a step of a GitHub workflow; elsewhere take --json',
    );
  await appendFile(output, githubOutput(outputsOf(row), `reg-${randomUUID()}`));
  if (summary) await appendFile(summary, clean(githubSummary(row)));
}
