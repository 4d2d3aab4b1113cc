import { randomUUID } from 'node:crypto';
import { appendFile } from 'node:fs/promises';
import { RegError } from '../errors.js';
import { type Outputs, outputsOf } from '../registry/outputs.js';
import { withoutUserInfo } from '../util/address.js';
import type { OutputFormat } from './output.js';
import { cleanLine } from './render/clean.js';
import { githubOutput, githubSummary } from './render/github.js';
import type { Session } from './session.js';
import type { World } from './world.js';

/**
 * Hands what a command answered to the later steps of a job.
 * @throws RegError USAGE outside of a workflow, and where the answer is about no version
 */
export async function writeOutputs(
  { out, open }: Pick<Session, 'out' | 'open'>,
  format: OutputFormat,
): Promise<void> {
  const { answered } = out;
  const outputs = textsOf(isOutputs(answered) ? answered : await outputsOf(await open(), answered));
  if (format === 'github') return writeGithubFiles(outputs, out.world);
  const line = format === 'dotenv' ? dotenvLine : azureLine;
  for (const [name, value] of outputs) out.line(line(name, oneLine(value)));
}

/** Whether an answer is names and values already, as that of `diff` for a job is. */
const isOutputs = (answer: unknown): answer is Outputs =>
  typeof answer === 'object' && answer !== null && !Array.isArray(answer) && !('artifact' in answer);

/** Outputs as texts: nothing is empty, and a flag is `yes` or `no`. */
const textsOf = (outputs: Outputs): [name: string, value: string][] =>
  Object.entries(outputs).map(([name, value]) => [
    name,
    typeof value === 'boolean' ? (value ? 'yes' : 'no') : (value ?? ''),
  ]);

const oneLine = (text: string): string => cleanLine(text.replaceAll(/\s*\n\s*/g, ' ')).trim();

/** A line of a dotenv report (GitLab, "artifacts:reports:dotenv"): a value takes one line, and is not quoted. */
const dotenvLine = (name: string, value: string): string => `MODEL_${name.toUpperCase()}=${value}`;

/** A logging command (Azure Pipelines, "Logging commands"): later steps read `$(STEP.name)`, and logs hide a secret. */
const azureLine = (name: string, value: string): string =>
  `##vso[task.setvariable variable=${name};isOutput=true${isSecret(value) ? ';issecret=true' : ''}]${value.replaceAll('%', '%AZP25')}`;

/** Whether a value is an address that lets its readers in, such as one with a signature: no log or page of a run shows it. */
const isSecret = (value: string): boolean =>
  /^[a-z][a-z0-9+.-]*:\/\/\S+$/i.test(value) && withoutUserInfo(value) !== value;

async function writeGithubFiles(outputs: readonly [string, string][], { env, stderr }: World): Promise<void> {
  const { GITHUB_OUTPUT: output } = env;
  if (!output) throw outsideOfAWorkflow();
  // the runner reads commands from both streams; it shows the variables of each step in the log, but not what is masked
  for (const [, value] of outputs) if (isSecret(value)) stderr.write(`::add-mask::${commandData(value)}\n`);
  await appendFile(output, githubOutput(outputs, `reg-${randomUUID()}`));
  const shown = outputs.map(([name, value]): [string, string] => [name, withoutUserInfo(value)]);
  await addToSummary(githubSummary(shown), env);
}

/** Shows Markdown on the page of the run of a workflow at GitHub, where this is one. */
export async function addToSummary(
  markdown: string,
  { GITHUB_STEP_SUMMARY: summary }: NodeJS.ProcessEnv,
): Promise<void> {
  if (summary) await appendFile(summary, markdown);
}

/** The data of a command of a workflow (GitHub Docs, "Workflow commands"), in one line. */
const commandData = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');

/** @throws RegError USAGE before anything is asked or written, where there is no file for the outputs */
export function requireWorkflow(format: OutputFormat, env: NodeJS.ProcessEnv): void {
  if (format === 'github' && !env.GITHUB_OUTPUT) throw outsideOfAWorkflow();
}

const outsideOfAWorkflow = (): RegError =>
  new RegError(
    'USAGE',
    'outputs for GitHub go to the file that GITHUB_OUTPUT names, and it names none',
    'use it in a step of a GitHub workflow; elsewhere take --output-format dotenv or --json',
  );
