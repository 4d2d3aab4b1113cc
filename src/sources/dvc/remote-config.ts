import { readFile, stat } from 'node:fs/promises';
import { join, posix } from 'node:path';
import type { Oid } from '../../domain/event.js';
import { RegError } from '../../errors.js';
import type { ObjectReader } from '../../git/port.js';
import { committedFile, LARGEST_CONFIG } from './committed.js';
import { type DvcConfig, mergeDvcConfig, parseDvcConfig } from './config-text.js';
import type { DvcOut } from './out.js';

/** A remote as the configuration of a DVC repository has it; nothing in it was looked at yet. */
export interface RemoteConfig {
  /** In lower case, as DVC takes it. */
  name: string;
  values: ReadonlyMap<string, string>;
  /** The folder `.dvc`, from the top of the repository: where relative paths start. */
  folder: string;
}

/**
 * The remote that has the bytes of an output: its own, or the default one (DVC, "dvc config", `core.remote`). `.dvc/config`
 * is read as it was committed, and of a repository on this machine `.dvc/config.local` too, which goes before it.
 * @param at the top of the repository's work tree; undefined for one that is not on this machine
 * @throws RegError SOURCE_UNSUPPORTED when there is no such remote, or a file is not well formed; TOO_LARGE
 */
export async function remoteOf(
  objects: ObjectReader,
  commit: Oid,
  out: DvcOut,
  at: string | undefined,
): Promise<RemoteConfig> {
  const folder = await dvcFolder(objects, commit, out.file);
  const file = posix.join(folder, 'config');
  const committed = await committedFile(objects, commit, file, LARGEST_CONFIG);
  const config = mergeDvcConfig(
    parseDvcConfig(textOf(committed), file),
    at === undefined ? new Map() : await localConfig(join(at, folder, 'config.local')),
  );
  const name = out.remote ?? config.get('core')?.get('remote')?.toLowerCase();
  if (name === undefined)
    throw new RegError(
      'SOURCE_UNSUPPORTED',
      `${file} names no default remote, and ${out.file} none for ${out.path}`,
      'name one and commit it: dvc remote default NAME',
    );
  const values = remotesOf(config).get(name);
  if (values?.get('url')) return { name, values, folder };
  throw new RegError(
    'SOURCE_UNSUPPORTED',
    `${file} has no url of the remote '${name}', where ${out.path} is`,
    'commit it there: dvc remote add NAME URL',
  );
}

/** The folder `.dvc` of the DVC repository that a file is in, which may begin below the top (DVC, `dvc init --subdir`). */
async function dvcFolder(objects: ObjectReader, commit: Oid, file: string): Promise<string> {
  for (let above = posix.dirname(file); ; above = posix.dirname(above)) {
    const folder = posix.join(above, '.dvc');
    if ((await objects.entryAt(commit, folder))?.type === 'tree') return folder;
    if (above === '.')
      throw new RegError(
        'SOURCE_UNSUPPORTED',
        `${file} is in no DVC repository: there is no .dvc/config at commit ${commit.slice(0, 12)}`,
        'commit what `dvc init` and `dvc remote add` write',
      );
  }
}

function remotesOf(config: DvcConfig): Map<string, ReadonlyMap<string, string>> {
  return new Map(
    [...config].flatMap(([section, values]) => {
      const [, name] = /^\s*remote\s*"(.*)"\s*$/.exec(section) ?? [];
      return name === undefined ? [] : [[name, values]];
    }),
  );
}

async function localConfig(path: string): Promise<DvcConfig> {
  // a symbolic link that was committed may lead to a device, which has no end
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) return new Map();
  if (found.size > LARGEST_CONFIG)
    throw new RegError(
      'TOO_LARGE',
      `${path} has ${found.size} bytes, and no more than ${LARGEST_CONFIG} are read of it`,
    );
  return parseDvcConfig(textOf(await readFile(path)), path);
}

const textOf = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);
