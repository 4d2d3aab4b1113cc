import process from 'node:process';
import { timeToEnd, undoAll } from '../util/ending.js';
import { main } from './main.js';
import { processWorld } from './world.js';

/** Written in by the build, from package.json. */
declare const PROGRAM_VERSION: string;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

// a reader that has seen enough, such as head(1), closes the pipe, which is no error
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') process.stderr.write(`error: cannot write the answer: ${error.message}\n`);
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});

// the AWS SDK would print seven lines about the version of Node, and has no other switch for that
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

process.on('exit', undoAll);

// at a signal what is running ends and cleans up; then the process dies of it, as the caller expects. What waits for a pipe, a terminal or
// a broken disk knows no signal, so the process dies in any case after a while. Later signals change nothing, but for work that takes long
// to end, such as a server's: a person who asks twice does not wait.
const CLEANING_UP_MS = 500;
const ending = new AbortController();
let received: (typeof SIGNALS)[number] | undefined;
for (const signal of SIGNALS)
  process.on(signal, () => {
    if (received !== undefined) {
      if (timeToEnd() > CLEANING_UP_MS) dieOf(signal);
      return;
    }
    received = signal;
    ending.abort();
    setTimeout(() => dieOf(signal), timeToEnd());
  });

function dieOf(signal: (typeof SIGNALS)[number]): void {
  undoAll();
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}

void main(process.argv.slice(2), processWorld(PROGRAM_VERSION, ending.signal)).then((code) => {
  process.exitCode = code;
  if (received) dieOf(received);
});
