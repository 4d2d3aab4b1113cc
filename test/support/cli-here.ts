import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import type { Run, RunOptions } from './cli.js';
import * as program from './cli.js';
import { runHere } from './here.js';
import type { Env, Sandbox } from './repo.js';

export { type Run, type RunOptions, readable, transcript } from './cli.js';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

/** The commands that were run as a program; files that run in the same worker share them. */
const known = new Set<string>();

/**
 * Runs `reg` to its end, with the same outcome as the program: most of its time a program takes to start. The first run of each
 * command is one of the program as it is installed, so that nothing is promised that only the source keeps.
 */
export async function runReg(box: Sandbox, options: RunOptions, ...args: string[]): Promise<Run> {
  const command = args[0] ?? '';
  if (!known.has(command)) {
    known.add(command);
    return program.runReg(box, options, ...args);
  }
  const { cwd, env, stdin = '' } = options;
  const around = { cwd, env: { ...box.env, ...env }, stdin: Readable.from([Buffer.from(stdin)]) };
  const ended = await runHere({ ...around, now: Date.now, version }, ...args);
  return { ...ended, args, root: box.root };
}

/** Gives `reg` in one folder of a sandbox. */
export const regIn =
  (box: Sandbox, cwd: string, env: Env = {}) =>
  (...args: string[]): Promise<Run> =>
    runReg(box, { cwd, env }, ...args);

/** Gives what `reg` answers in JSON in one folder of a sandbox. */
export const jsonIn =
  (box: Sandbox, cwd: string) =>
  async (...args: string[]): Promise<unknown> =>
    JSON.parse((await runReg(box, { cwd }, ...args, '--json')).stdout);
