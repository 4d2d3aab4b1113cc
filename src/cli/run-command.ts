import type { Command } from 'commander';
import { errorInPlace } from './in-place.js';
import { refuseUnknownFields } from './json-fields.js';
import type { GlobalOptions } from './output.js';
import { startSession } from './session.js';
import type { CommandSpec } from './tree/spec.js';
import type { World } from './world.js';

/**
 * Loads the module of a command and runs it. Gives its exit code.
 * @param args what Commander gives an action: the arguments, the options and the command itself
 */
export async function runCommand(
  spec: CommandSpec,
  args: readonly unknown[],
  world: World,
  fields: readonly string[] | undefined,
): Promise<number> {
  const command = args.at(-1) as Command;
  const options: GlobalOptions = { ...command.optsWithGlobals<GlobalOptions>(), fields };
  if (fields !== undefined) refuseUnknownFields(spec, fields);
  const session = startSession(world, options, command.parent ?? command);
  const { run } = await spec.load();
  try {
    return (await run(session, ...([...args.slice(0, -2), options] as never[]))) ?? 0;
  } catch (error) {
    throw errorInPlace(error, session.inPlace);
  }
}
