import { Chalk, type ChalkInstance } from 'chalk';
import type { World } from '../world.js';

/** How `--color` was given. */
export type ColorChoice = 'auto' | 'always' | 'never';

/**
 * Colours for standard output, or none. `--color` decides; else FORCE_COLOR, NO_COLOR (no-color.org) and whether it
 * is a terminal.
 */
export function colorsFor({ env, isTTY }: World, choice: ColorChoice): ChalkInstance {
  const forced = env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '0';
  const auto = forced || (!env.NO_COLOR && env.TERM !== 'dumb' && isTTY);
  const wanted = choice === 'always' || (choice === 'auto' && auto);
  return new Chalk({ level: wanted ? 1 : 0 });
}
