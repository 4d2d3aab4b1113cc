import { relative, resolve } from 'node:path';
import { parseTarget } from '../../domain/target.js';
import { RegError } from '../../errors.js';
import { fetchModel, placeLoaded, singleFile } from '../../load.js';
import { chosenBy } from '../../registry/choose.js';
import type { Session } from '../session.js';

interface Options {
  at?: Date;
  rev?: string;
  output?: string;
  force?: boolean;
}

export async function run({ out, open, cwd }: Session, target: string, options: Options): Promise<void> {
  const parsed = parseTarget(target);
  const { at, rev } = options;
  const loaded = await fetchModel(await open(), parsed.artifact, { at, rev, ...chosenBy(parsed) });
  if (options.output === '-') return void out.world.stdout.write(singleFile(loaded));
  const { model, name, ...about } = loaded;
  const to = options.output ?? name;
  const isAround = !relative(resolve(cwd, to), cwd).startsWith('..');
  if (to === '' || (model.kind === 'folder' && isAround))
    throw new RegError(
      'USAGE',
      `a folder model cannot take the place of '${to}'`,
      `name its folder: -o ${name}`,
    );
  const path = await placeLoaded(loaded, { to: resolve(cwd, to), force: options.force });
  if (out.json) out.data({ ...about, path });
  else out.line(relative(cwd, path));
}
