import process from 'node:process';
import type { Readable, Writable } from 'node:stream';

/** Everything outside the program, as one argument: nothing else in it knows the process it runs in. */
export interface World {
  stdin: Readable;
  stdout: Writable;
  stderr: Writable;
  /** Whether standard output is a terminal. */
  isTTY: boolean;
  /** Whether standard error is a terminal. */
  isErrorTTY: boolean;
  /** Whether somebody can be asked: standard input and error are a terminal. */
  canAsk: boolean;
  /** The width of the terminal. */
  columns: number;
  /** Its height. */
  lines: number;
  env: NodeJS.ProcessEnv;
  cwd: string;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Given when the user has had enough: Ctrl-C. */
  signal: AbortSignal;
  /** The version of this program. */
  version: string;
}

/** The world of this process. */
export const thisWorld = (version: string, signal: AbortSignal): World => ({
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  isTTY: process.stdout.isTTY === true,
  isErrorTTY: process.stderr.isTTY === true,
  canAsk: process.stdin.isTTY === true && process.stderr.isTTY === true,
  columns: process.stdout.columns ?? 80,
  lines: process.stdout.rows ?? 24,
  env: process.env,
  cwd: process.cwd(),
  now: Date.now,
  signal,
  version,
});
