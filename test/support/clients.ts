import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Env } from './repo.js';

/** The environments of Python with clients of other tools, which `.ci/run` makes; undefined where there are none. */
const FOLDER = process.env.REG_CLIENTS;

/** The path of a program of one of these environments; undefined where that is not there. */
export function clientProgram(environment: string, program: string): string | undefined {
  const path = join(FOLDER ?? '', environment, 'bin', program);
  return FOLDER !== undefined && existsSync(path) ? path : undefined;
}

/** Runs a client to its end, and gives what it printed. Most take a while to start. */
export async function runClient(
  program: string,
  args: readonly string[],
  env: Env,
  cwd?: string,
): Promise<string> {
  const { stdout } = await promisify(execFile)(program, args, { env, cwd, maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}
