import { Chalk, type ChalkInstance } from 'chalk';
import type { World } from '../world.js';

/** How `--color` was given. */
export type ColorChoice = 'auto' | 'always' | 'never';

/**
 * Colours for standard output, or none. `--color` decides; else FORCE_COLOR and CLICOLOR_FORCE, NO_COLOR (no-color.org),
 * CLICOLOR (bixense.com/clicolors) and whether it is a terminal.
 */
export function colorsFor(world: Pick<World, 'env' | 'isTTY'>, choice: ColorChoice): ChalkInstance {
  const wanted = choice === 'always' || (choice === 'auto' && isWanted(world));
  return new Chalk({ level: wanted ? 1 : 0 });
}

function isWanted({ env, isTTY }: Pick<World, 'env' | 'isTTY'>): boolean {
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
  if (env.CLICOLOR_FORCE && env.CLICOLOR_FORCE !== '0') return true;
  return !env.NO_COLOR && env.CLICOLOR !== '0' && env.TERM !== 'dumb' && isTTY;
}
