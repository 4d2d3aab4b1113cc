import { didYouMean } from '../../domain/suggest.js';
import { RegError } from '../../errors.js';
import { buildProgram } from '../program.js';
import type { Session } from '../session.js';
import { TOPICS } from '../topics/topics.js';
import type { World } from '../world.js';

export async function run({ out }: Session, topic: string | undefined): Promise<void> {
  const text = (await TOPICS[topic ?? '']?.()) ?? helpOf(topic, out.world);
  if (out.json) out.data({ topic: topic ?? null, text });
  else out.print(text);
}

/** The help of a command, or of the program. */
function helpOf(name: string | undefined, world: World): string {
  let text = '';
  const program = buildProgram(
    { words: name === undefined ? [] : [name], fields: undefined },
    world,
    () => undefined,
  );
  const command = name === undefined ? program : program.commands.find((one) => one.name() === name);
  if (command === undefined) {
    const known = [...program.commands.map((one) => one.name()), ...Object.keys(TOPICS)];
    throw new RegError(
      'USAGE',
      `there is no help on '${name}'`,
      didYouMean(name ?? '', known, 'see: reg --help'),
    );
  }
  command.configureOutput({ writeOut: (more) => (text += more) }).outputHelp();
  return text;
}
