import { isAbsolute, join, relative } from 'node:path';
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

export async function run({ out, open, cwd }: Session, asked: string, options: Options): Promise<void> {
  const parsed = parseTarget(asked);
  const { at, rev } = options;
  const loaded = await fetchModel(await open(), parsed.artifact, { at, rev, ...chosenBy(parsed) });
  if (options.output === '-') return void out.world.stdout.write(singleFile(loaded));
  const { model, name, ...about } = loaded;
  const to = options.output ?? name;
  // join keeps a slash at the end, which says that a folder is meant
  const target = isAbsolute(to) ? to : join(cwd, to);
  const isAround = !relative(target, cwd).startsWith('..');
  if (to === '' || (model.kind === 'folder' && isAround))
    throw new RegError(
      'USAGE',
      `a folder model cannot take the place of '${to}'`,
      `name its folder: -o ${name}`,
    );
  const path = await placeLoaded(loaded, { to: target, force: options.force });
  if (out.json) out.data({ ...about, path });
  else out.line(isAbsolute(to) ? path : relative(cwd, path));
}
