import { CommanderError } from 'commander';
import { didYouMean, nearest } from '../domain/suggest.js';
import { exitCodeOf, isRegError, RegError } from '../errors.js';
import { takeFields } from './json-fields.js';
import { meant } from './mistyped.js';
import { buildProgram } from './program.js';
import { clean, cleanJson, cleanLine } from './render/clean.js';
import type { World } from './world.js';

/**
 * Runs `reg` and gives its exit code (SPEC §5): 0 done, 1 refused, not found or a failed check, 2 usage, 4 remote.
 * @param argv what was typed behind `reg`
 */
export async function main(argv: readonly string[], world: World): Promise<number> {
  const typed = takeFields(argv);
  const { words } = typed;
  let exitCode = 0;
  const program = buildProgram(typed, world, (code) => {
    exitCode = code;
  });
  const names = program.commands.map((command) => command.name());
  try {
    // without a command the question is what there is
    await program.parseAsync(words.length === 0 ? ['--help'] : words, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError)
      return error.exitCode === 0 ? 0 : report(fromCommander(error, words, names), words, world);
    return report(error, words, world);
  }
}

/** Commander words its errors as `error: …` with a suggestion on a second line. */
function fromCommander(
  { message, code }: CommanderError,
  argv: readonly string[],
  names: readonly string[],
): RegError {
  const command = argv.find((word) => !word.startsWith('-'));
  if (code === 'commander.help' && command === 'help')
    return new RegError(
      'USAGE',
      `unknown command '${argv.at(-1)}'`,
      didYouMean(argv.at(-1) ?? '', names, 'see: reg --help'),
    );
  if (code === 'commander.help') return new RegError('USAGE', 'a command is missing', 'see: reg --help');
  const [what = '', suggestion] = message.replace(/^error: /, '').split('\n');
  const other = OUT_OF_STEP.has(code) ? meant(argv) : undefined;
  const hint =
    (other && `did you mean: ${other}`) ??
    nearestChoice(what) ??
    suggestion?.replace(/^\((.*)\)$/, '$1').replace(/^Did you mean (.*)\?$/, "did you mean '$1'?");
  return new RegError(
    'USAGE',
    what,
    hint ?? `see: reg ${command && names.includes(command) ? `${command} ` : ''}--help`,
  );
}

/** There are too few arguments, or too many. */
const OUT_OF_STEP: ReadonlySet<string> = new Set(['commander.missingArgument', 'commander.excessArguments']);

/** A hint for a value that is not among the choices, as Commander names them. */
function nearestChoice(what: string): string | undefined {
  const [, typed = '', choices] = /'([^']*)' is invalid.* Allowed choices are (.*)\.$/.exec(what) ?? [];
  const near = choices === undefined ? undefined : nearest(typed, choices.split(', '));
  return near === undefined ? undefined : `did you mean '${near}'?`;
}

/** The one place that prints errors and chooses exit codes. */
function report(error: unknown, argv: readonly string[], { stderr }: World): number {
  const known = isRegError(error) ? error : unexpected(error);
  const { code, message, hint } = known;
  if (argv.includes('--json'))
    stderr.write(`${cleanJson({ error: { code, message, hint: hint ?? null } })}\n`);
  else
    stderr.write(`error: ${cleanLine(message)}\n${hint === undefined ? '' : `hint: ${cleanLine(hint)}\n`}`);
  if (known !== error && argv.some((word) => word === '-v' || word === '--verbose'))
    stderr.write(`${clean(String((error as Error).stack ?? error))}\n`);
  return exitCodeOf(code);
}

/** Errors of the file system are the user's to mend; anything else is a defect of this program. */
function unexpected(error: unknown): RegError {
  const { code, message } = error as NodeJS.ErrnoException;
  if (typeof code === 'string' && /^E[A-Z]+$/.test(code)) return new RegError('FILE_SYSTEM', String(message));
  return new RegError(
    'INTERNAL',
    `this is a defect of reg: ${message ?? error}`,
    'run it again with -v and report what it prints',
  );
}
