import { join, resolve } from 'node:path';
import { readIfThere } from '../../../util/files.js';

/** Git itself follows no more steps than that. */
const STEPS = 5;

/**
 * A folder of objects and those that it borrows from: `info/alternates` names one a line, from the folder or absolute
 * (gitrepository-layout(5)).
 */
export async function withBorrowed(folder: string, steps = STEPS): Promise<string[]> {
  const bytes = await readIfThere(join(folder, 'info', 'alternates'));
  const lines = bytes === undefined || steps === 0 ? [] : Buffer.from(bytes).toString().split('\n');
  const named = lines.filter((line) => line !== '' && !line.startsWith('#'));
  const further = await Promise.all(named.map((line) => withBorrowed(resolve(folder, line), steps - 1)));
  return [...new Set([folder, ...further.flat()])];
}
