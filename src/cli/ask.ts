import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import type { WriteRow } from '../registry/apply.js';
import type { WriteOptions } from '../registry/write.js';
import { clean } from './render/clean.js';
import type { Session } from './session.js';
import type { World } from './world.js';

/** Makes a write ask before it deletes: `--yes` agrees beforehand, a terminal is asked, anything else is a no. */
export function asking<T extends WriteOptions & { yes?: boolean | undefined }>(
  { out: { world } }: Session,
  options: T,
): T {
  const ask = async (rows: readonly WriteRow[]): Promise<boolean> => {
    if (options.yes) return true;
    if (!world.canAsk) return false;
    for (const { tag } of rows) world.stderr.write(`  ${clean(tag)}\n`);
    const answer = await askLine(
      world,
      `Delete ${rows.length === 1 ? 'this tag' : `these ${rows.length} tags`}? [y/N] `,
    );
    return /^y(es)?$/i.test(answer.trim());
  };
  return { ...options, confirm: ask };
}

/** One line of an answer; empty when the input ends, or is interrupted, without one. */
async function askLine({ stdin, stderr, signal }: World, question: string): Promise<string> {
  const prompt = createInterface({ input: stdin, output: stderr });
  // the promise of question() stays open when the input ends, and fails at Ctrl-C
  const ended = once(prompt, 'close').then(() => '');
  const answer = await Promise.race([prompt.question(question, { signal }).catch(() => ''), ended]);
  prompt.close();
  if (answer === '') stderr.write('\n');
  return answer;
}
