import { readFileSync } from 'node:fs';
import process from 'node:process';
import { thisWorld } from './world.js';

// a reader that has seen enough, such as head(1), closes the pipe: that is no error
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') process.stderr.write(`error: cannot write the answer: ${error.message}\n`);
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});
// from package.json beside dist, so that it is written down once
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

// the AWS SDK would print seven lines about the version of Node, and has no other switch for that
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

// what is running ends and cleans up; then the process dies of the signal, as whoever started it expects
const ending = new AbortController();
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
let received: (typeof SIGNALS)[number] | undefined;
const end = (signal: NonNullable<typeof received>): void => {
  received = signal;
  ending.abort();
};
for (const signal of SIGNALS) process.once(signal, end);
const argv = process.argv.slice(2);
const world = thisWorld(version, ending.signal);
const isVersion = argv.length === 1 && argv[0] === '--version';
// nearly every command opens a registry: what that takes is read while the command line is
const opens =
  argv.length > 0 && !argv.some((word) => /^(--version|--help|-h|help|complete|completion)$/.test(word));
if (opens) void import('../open-context.js');
// a shell asks at every press of a key: nothing is loaded that it does not need
if (argv[0] === 'complete' && /^(--|bash)$/.test(argv[1] ?? ''))
  await (await import('./complete/answer.js')).answerCompletion(argv.slice(1), world);
else if (isVersion) process.stdout.write(`${version}\n`);
else process.exitCode = await (await import('./main.js')).main(argv, world);
if (received) process.kill(process.pid, received);
