import { overviewAtAGlance } from '../glance/overview.js';
import { compileLater } from './compile-later.js';
import { plainRow } from './render/overview.js';
import { plainTable } from './render/table.js';
import type { World } from './world.js';

/** The answer to `show` in a pipe; undefined where it is the program that answers, as where there is nothing to show. */
export async function quickOverview({ env, cwd }: Pick<World, 'env' | 'cwd'>): Promise<string | undefined> {
  compileLater();
  const rows = (await overviewAtAGlance(cwd, env)) ?? [];
  return rows.length === 0 ? undefined : plainTable(rows.map(plainRow));
}
