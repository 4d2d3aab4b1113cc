import { isatty } from 'node:tty';
import { overviewAtAGlance } from '../glance/overview.js';
import { plainRow } from './render/overview.js';
import { plainTable } from './render/table.js';
import type { World } from './world.js';

const STDOUT = 1;

/** The answer to `show` in a pipe; undefined where it is the program that answers: on a terminal, and where there is nothing to show. */
export async function quickOverview({ env, cwd }: Pick<World, 'env' | 'cwd'>): Promise<string | undefined> {
  if (isatty(STDOUT)) return undefined;
  const rows = (await overviewAtAGlance(cwd, env)) ?? [];
  return rows.length === 0 ? undefined : plainTable(rows.map(plainRow));
}
