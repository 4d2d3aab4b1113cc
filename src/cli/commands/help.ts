import type { Command } from 'commander';
import { didYouMean } from '../../domain/suggest.js';
import { RegError } from '../../errors.js';
import type { Session } from '../session.js';
import { TOPICS } from '../topics/topics.js';

export async function run({ out, program }: Session, topic: string | undefined): Promise<void> {
  const ofTopic = Object.hasOwn(TOPICS, topic ?? '') ? TOPICS[topic ?? ''] : undefined;
  const text = (await ofTopic?.()) ?? helpOf(topic, program);
  if (out.json) out.data({ topic: topic ?? null, text });
  else out.print(text);
}

/** The help of a command, or of the program. */
function helpOf(name: string | undefined, program: Command): string {
  const command = name === undefined ? program : program.commands.find((one) => one.name() === name);
  if (command === undefined) {
    const known = [...program.commands.map((one) => one.name()), ...Object.keys(TOPICS)];
    throw new RegError(
      'USAGE',
      `there is no help on '${name}'`,
      didYouMean(name ?? '', known, 'see: reg --help'),
    );
  }
  let text = '';
  command.configureOutput({ writeOut: (more) => (text += more) }).outputHelp();
  return text;
}
