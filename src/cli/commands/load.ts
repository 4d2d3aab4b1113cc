import { createReadStream } from 'node:fs';
import { isAbsolute, join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { parseTarget } from '../../domain/target.js';
import { chosenBy } from '../../registry/choose.js';
import { type LoadOptions, loadModel, singleFile, warningOf } from '../../registry/load.js';
import { progressBar } from '../render/progress.js';
import type { Session } from '../session.js';

interface Options {
  at?: Date;
  rev?: string;
  output?: string;
  force?: boolean;
  frozen?: boolean;
}

export async function run({ out, open, cwd }: Session, asked: string, options: Options): Promise<void> {
  const { output, at, rev, force, frozen } = options;
  const parsed = parseTarget(asked);
  const progress = progressBar(out, asked);
  const choice = { at, rev, force, frozen, ...chosenBy(parsed), onStart: progress.start };
  const loaded = await loadModel(await open(), parsed.artifact, {
    ...choice,
    ...placeOf(output, cwd),
  }).finally(progress.stop);
  const warning = await warningOf(loaded);
  if (warning) out.note(warning);
  // only what was verified to its last byte goes out
  if (output === '-') return pipeline(createReadStream(singleFile(loaded)), out.world.stdout, { end: false });
  const { kind: _, ...about } = loaded;
  if (out.json) out.data(about);
  else out.line(isAbsolute(output ?? '') ? loaded.path : relative(cwd, loaded.path));
}

/** Into the working folder unless a path was given; standard output is fed from the cache. */
function placeOf(output: string | undefined, cwd: string): Pick<LoadOptions, 'to' | 'into'> {
  if (output === '-') return {};
  if (output === undefined) return { into: cwd };
  // join keeps a slash at the end, which says that a folder is meant
  return { to: isAbsolute(output) ? output : join(cwd, output), into: cwd };
}
