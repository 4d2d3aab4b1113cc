import { relative, resolve } from 'node:path';
import { parseTarget } from '../../domain/target.js';
import { fetchModel, type LoadOptions, placeLoaded, singleFile } from '../../load.js';
import type { Session } from '../session.js';

interface Options extends LoadOptions {
  output?: string;
  force?: boolean;
}

export async function run({ out, open, cwd }: Session, target: string, options: Options): Promise<void> {
  const { artifact, which } = parseTarget(target);
  const loaded = await fetchModel(await open(), artifact, {
    at: options.at,
    rev: options.rev,
    ...(which?.kind === 'stage' ? { stage: which.stage } : {}),
    ...(which?.kind === 'version' ? { version: which.id } : {}),
    ...(which?.kind === 'latest' ? { version: 'latest' } : {}),
  });
  if (options.output === '-') return void out.world.stdout.write(singleFile(loaded));
  const { model: _bytes, name, ...about } = loaded;
  const to = options.output ?? name;
  const path = await placeLoaded(loaded, { to: resolve(cwd, to), force: options.force });
  if (out.json) out.data({ ...about, path });
  else out.line(relative(cwd, path));
}
