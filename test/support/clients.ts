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
  // scripts of a test import others, and are to leave nothing beside them
  const around = { PYTHONDONTWRITEBYTECODE: '1', ...env };
  const { stdout } = await promisify(execFile)(program, args, {
    env: around,
    cwd,
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout;
}

/** The weights of the model of costs that the fixtures have. */
export interface Weights {
  intercept: readonly number[];
  weights: readonly number[];
}

/** The weights as the file of the model has them. */
export function weightsOf(bytes: Buffer): Weights {
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const at = (index: number): number => bytes.readDoubleLE(start + 8 * index);
  return { intercept: [at(0)], weights: [at(1), at(2)] };
}

/** What weights predict for one parcel of 2 kg over 30 km. */
export const costBy = ({ intercept, weights }: Weights): number =>
  (intercept[0] ?? 0) + 2 * (weights[0] ?? 0) + 30 * (weights[1] ?? 0);
