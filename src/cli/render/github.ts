import { randomUUID } from 'node:crypto';
import { appendFile } from 'node:fs/promises';
import { RegError } from '../../errors.js';
import type { CheckedRow } from '../../registry/rows.js';
import { clean } from './clean.js';

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

/** The outputs of `check-ref --github-output`, by the names that workflows use. */
export const outputsOf = ({
  artifact,
  version,
  stage,
  event,
  commit,
  current,
}: CheckedRow): [string, string][] => [
  ['name', artifact],
  ['version', version ?? ''],
  ['stage', stage ?? ''],
  ['event', event],
  ['commit', commit],
  ['current', current ? 'yes' : 'no'],
];

/**
 * Outputs as the file in GITHUB_OUTPUT takes them. Every value is fenced, so that none can begin another output (GitHub Docs,
 * "Workflow commands", multiline strings).
 * @param delimiter a line that no value holds
 */
export const githubOutput = (outputs: readonly (readonly [string, string])[], delimiter: string): string =>
  outputs.map(([name, value]) => `${name}<<${delimiter}\n${value}\n${delimiter}\n`).join('');

/** What happened, as a page of Markdown for the file in GITHUB_STEP_SUMMARY. */
function githubSummary(row: CheckedRow): string {
  const { tag, time, author, email, message } = row;
  const rows: [string, string][] = [
    ...outputsOf(row),
    ['tag', tag],
    ['time', time],
    ['by', `${author} <${email}>`],
    ['message', message],
  ];
  const lines = rows
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `| ${name} | ${cell(value)} |`);
  return `### ${cell(tag)}\n\n| | |\n| --- | --- |\n${lines.join('\n')}\n\n`;
}

/** Text that means nothing to Markdown or HTML, in one line. */
const cell = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/[\\`*_{}[\]()#+\-.!|~@:]/g, (char) => `&#${char.charCodeAt(0)};`)
    .replaceAll(/\s*\n\s*/g, '<br>');
