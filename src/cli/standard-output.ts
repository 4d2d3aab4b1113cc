import { writeSync } from 'node:fs';
import process from 'node:process';

const STDOUT = 1;

/** Writes a short answer without opening a stream: to open one takes Node longer than to find the answer. */
export function printAtOnce(text: string): void {
  let rest = Buffer.from(text);
  try {
    while (rest.length > 0) rest = rest.subarray(writeSync(STDOUT, rest));
  } catch {
    // a pipe that is full and makes nobody wait, or whatever it is, is the stream's
    watchOutput();
    process.stdout.write(rest);
  }
}

/** Has the program end when its answer can go nowhere: a reader that has seen enough, such as head(1), closes the pipe, which is no error. */
export function watchOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') process.stderr.write(`error: cannot write the answer: ${error.message}\n`);
    process.exit(error.code === 'EPIPE' ? 0 : 1);
  });
}
