import { createInterface } from 'node:readline/promises';
import type { WriteOptions } from '../registry/write-options.js';
import type { WriteRow } from '../registry/write-row.js';
import { clean } from './render/clean.js';
import type { Session } from './session.js';

/** Makes a write ask before it deletes: `--yes` agrees beforehand, a terminal is asked, anything else is a no. */
export function asking<T extends WriteOptions & { yes?: boolean | undefined }>(
  { out: { world } }: Session,
  options: T,
): T {
  const ask = async (rows: readonly WriteRow[]): Promise<boolean> => {
    if (options.yes) return true;
    if (!world.canAsk) return false;
    for (const { tag } of rows) world.stderr.write(`  ${clean(tag)}\n`);
    const prompt = createInterface({ input: world.stdin, output: world.stderr });
    const answer = await prompt.question(
      `Delete ${rows.length === 1 ? 'this tag' : `these ${rows.length} tags`}? [y/N] `,
    );
    prompt.close();
    return /^y(es)?$/i.test(answer.trim());
  };
  return { ...options, confirm: ask };
}
