import { main } from './main.js';
import type { World } from './world.js';

/**
 * Prints the help that was asked for, and says what is wrong where it was asked for something that is not there. No command runs.
 * @param argv what was typed behind `reg`
 */
export const printHelp = (argv: readonly string[], world: World): Promise<number> => main(argv, world);
