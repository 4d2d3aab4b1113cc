import process from 'node:process';
import { printAtOnce, watchOutput } from './standard-output.js';
import { thisWorld } from './world.js';

// This file and what it imports become one script (bundle.js): a module takes Node longer to start than a script, and each
// further file a millisecond. What is asked often and answered soon is in it, or in one beside; all else is the program, in modules.

/** Written in by the build, from package.json. */
declare const PROGRAM_VERSION: string;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

async function start(argv: readonly string[]): Promise<void> {
  const [first, second] = argv;
  if (argv.length === 1 && first === '--version') return printAtOnce(`${PROGRAM_VERSION}\n`);
  const cwd = workingFolder();
  if (cwd === undefined) {
    process.stderr.write('error: the working folder is gone\nhint: change to one that is there\n');
    process.exitCode = 1;
    return;
  }
  watchOutput();
  if (first === 'complete' && /^(--|bash)$/.test(second ?? ''))
    await (await import('./complete/answer.js')).answerCompletion(argv.slice(1), worldUntil());
  else if (isForHelp(argv)) process.exitCode = await (await import('./main.js')).main(argv, worldUntil());
  else await runToTheEnd(argv);
}

function workingFolder(): string | undefined {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
}

/** Whether nothing but help is asked for: of all, or of one command. */
const isForHelp = (argv: readonly string[]): boolean =>
  argv.length === 0 || (argv.length < 3 && /^(--help|-h)$/.test(argv.at(-1) ?? ''));

const worldUntil = (ending = new AbortController()) => thisWorld(PROGRAM_VERSION, ending.signal);

/** Runs the program. At a signal what is running ends and cleans up; then the process dies of it, as whoever started it expects. */
async function runToTheEnd(argv: readonly string[]): Promise<void> {
  // the AWS SDK would print seven lines about the version of Node, and has no other switch for that
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  const ending = new AbortController();
  let received: (typeof SIGNALS)[number] | undefined;
  const end = (signal: (typeof SIGNALS)[number]): void => {
    received = signal;
    ending.abort();
  };
  for (const signal of SIGNALS) process.once(signal, end);
  // nearly every command runs and opens a registry: what that takes is read while the command line is
  if (!argv.some((word) => /^(--help|-h|help|completion)$/.test(word)))
    void Promise.all([import('./run-command.js'), import('../open-context.js')]);
  process.exitCode = await (await import('./main.js')).main(argv, worldUntil(ending));
  if (received) process.kill(process.pid, received);
}

void start(process.argv.slice(2));
