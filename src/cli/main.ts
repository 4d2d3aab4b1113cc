import { exitCodeOf, RegError } from '../errors.js';
import { answerCompletion } from './complete.js';
import { clean, cleanJson, cleanLine } from './render/clean.js';
import { refuseUnknownFields, refuseUnusable } from './table/hints.js';
import { hasOption, type Line, readLine } from './table/line.js';
import { helpOn, type Invocation, parse } from './table/parser.js';
import type { World } from './world.js';

/**
 * Runs `reg` and gives its exit code (docs/specification.md, Commands): 0 done, 1 refused, not found or a failed check, 2 usage,
 * 4 remote.
 * @param argv what was typed behind `reg`
 */
export async function main(argv: readonly string[], world: World): Promise<number> {
  // the script of a shell asks, not a person
  if (argv[0] === 'complete' && /^(--|bash|git)$/.test(argv[1] ?? ''))
    return answerCompletion(argv.slice(1), world);
  const line = readLine(argv);
  try {
    const invocation = parse(line, world);
    return invocation === undefined ? 0 : await run(invocation, line, world);
  } catch (error) {
    return report(error, line, world);
  }
}

async function run({ command, args, options }: Invocation, line: Line, world: World): Promise<number> {
  if (options.fields !== undefined) refuseUnknownFields(command, options.fields);
  refuseUnusable(command, line);
  const { errorInPlace, fetchingOf, startSession } = await import('./core.js');
  const fetching = fetchingOf(command, args, options, world.env);
  const session = startSession(world, { ...options, answer: command.answer }, helpOn, fetching);
  const start = await command.run();
  const { outputFormat, json } = options;
  if (options.fields !== undefined && !json && outputFormat !== undefined && outputFormat !== 'github')
    throw new RegError('USAGE', '--fields and --output-format exclude each other', 'leave out one of them');
  const outputs = outputFormat && (await import('./job-outputs.js'));
  if (outputs) outputs.requireWorkflow(outputFormat, world.env);
  const once = async (): Promise<number> => (await start(session, ...([...args, options] as never[]))) ?? 0;
  try {
    const code = await once().catch(async (error) => {
      if (await fetching?.mayAnswerNow(error)) return once();
      throw error;
    });
    if (code === 0) await fetching?.after();
    if (outputs) await outputs.writeOutputs(session, outputFormat);
    return code;
  } catch (error) {
    throw errorInPlace((await fetching?.explained(error)) ?? error, session.inPlace);
  }
}

/** The one place that prints errors and chooses exit codes. */
function report(error: unknown, line: Line, { stderr }: World): number {
  const known = error instanceof RegError ? error : unexpected(error);
  const { code, message, hint } = known;
  if (hasOption(line, '--json'))
    stderr.write(`${cleanJson({ error: { code, message, hint: hint ?? null } })}\n`);
  else
    stderr.write(`error: ${cleanLine(message)}\n${hint === undefined ? '' : `hint: ${cleanLine(hint)}\n`}`);
  if (known !== error && hasOption(line, '--verbose'))
    stderr.write(`${clean(String((error as Error).stack ?? error))}\n`);
  return exitCodeOf(code);
}

/** Errors of the file system are the user's to fix; anything else is a defect of this program. */
function unexpected(error: unknown): RegError {
  const { code, message } = error as NodeJS.ErrnoException;
  if (typeof code === 'string' && /^E[A-Z]+$/.test(code)) return new RegError('FILE_SYSTEM', String(message));
  return new RegError(
    'INTERNAL',
    `this is a defect of reg: ${message ?? error}`,
    'run it again with -v and report what it prints',
  );
}
