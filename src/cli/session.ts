import type { Command } from 'commander';
import type { RegistryContext } from '../registry/context.js';
import { inPlaceOf } from './in-place.js';
import type { GlobalOptions, Output } from './output.js';
import { outputTo } from './output.js';
import type { World } from './world.js';

/** One run of one command: how it speaks, and the registry that it asks. */
export interface Session {
  out: Output;
  cwd: string;
  /** What `--repo` or REG_REPO says, `.` by default. */
  repo: string;
  /** Makes the commands in a hint ask the same registry. */
  inPlace(text: string): string;
  /** Opens the registry that `--repo`, REG_REPO or the working folder names. */
  open(): Promise<RegistryContext>;
  /** The command line that was built for what was typed, for who prints its help. */
  program: Command;
}

/** Makes the session of one command. */
export function startSession(world: World, options: GlobalOptions, program: Command): Session {
  const { env, cwd, now, signal } = world;
  const repo = options.repo ?? (env.REG_REPO || '.');
  return {
    out: outputTo(world, options),
    cwd,
    repo,
    inPlace: inPlaceOf(options.repo),
    open: async () => (await import('../open-context.js')).openContext(repo, { env, cwd, now, signal }),
    program,
  };
}
