import process from 'node:process';
import type { Readable, Writable } from 'node:stream';
import { RegError } from '../errors.js';

/** Everything outside the program, as one argument: nothing else in it knows the process it runs in. */
export interface World {
  stdin: Readable;
  stdout: Writable;
  stderr: Writable;
  /** Whether standard output is a terminal. */
  isTTY: boolean;
  /** Whether standard error is a terminal. */
  isErrorTTY: boolean;
  /** Whether the user can be asked: standard input and error are a terminal. */
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

/** The world of this process. A stream takes a millisecond to open, and most commands need no more than one. */
export const processWorld = (version: string, signal: AbortSignal): World => ({
  get stdin() {
    return process.stdin;
  },
  stdout: process.stdout,
  get stderr() {
    return process.stderr;
  },
  isTTY: process.stdout.isTTY === true,
  get isErrorTTY() {
    return process.stderr.isTTY === true;
  },
  get canAsk() {
    return process.stdin.isTTY === true && process.stderr.isTTY === true;
  },
  // a terminal that does not know its size says 0
  columns: process.stdout.columns || 80,
  lines: process.stdout.rows || 24,
  env: process.env,
  get cwd() {
    return workingFolder();
  },
  now: Date.now,
  signal,
  version,
});

/** @throws RegError FILE_SYSTEM where it was deleted */
function workingFolder(): string {
  try {
    return process.cwd();
  } catch {
    throw new RegError('FILE_SYSTEM', 'the working folder is gone', 'change to one that is there');
  }
}
