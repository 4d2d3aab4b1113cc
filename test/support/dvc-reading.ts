import { join } from 'node:path';
import { parseLocation } from '../../src/domain/location.js';
import { RegError } from '../../src/errors.js';
import { sourceOpener } from '../../src/git/open.js';
import { hasherOf } from '../../src/models/digest.js';
import { findDvcModel } from '../../src/models/dvc.js';
import { bytesOf, type SourceFile, type SourceModel } from '../../src/models/source.js';
import { storeOpener } from '../../src/stores/open.js';
import type { StoreOpener } from '../../src/stores/port.js';
import type { Env, Repository, Sandbox } from './repo.js';
import { cases } from './soak.js';

/** A model that DVC tracks, as links name it. */
export interface AskedOfDvc {
  /** At a commit, by default HEAD. */
  commit?: string;
  /** Whether the repository counts as one on this machine, which it is; by default it does. */
  isHere?: boolean;
  env?: Env;
  signal?: AbortSignal;
  /** Comes between the reader and its stores. */
  stores?: (opener: StoreOpener) => StoreOpener;
}

/** Gives what finds models that DVC tracks in a repository, and what brings them to this disk. */
export function dvcIn(box: Sandbox, repository: () => Repository) {
  let count = 0;
  const find = async (path: string, asked: AskedOfDvc = {}): Promise<SourceModel | undefined> => {
    const { dir } = repository();
    count += 1;
    // what reads a repository with git and what reads it without take turns in `npm test`
    const REG_GIT = cases(1, count % 2) === 1 ? 'git' : 'embedded';
    const around = { env: { ...box.env, REG_GIT, ...asked.env }, signal: asked.signal };
    const { objects } = await sourceOpener(join(box.root, 'cache'), around).openSource(parseLocation(dir));
    const opener = storeOpener(around);
    const at = asked.isHere === false ? undefined : dir;
    const commit = asked.commit ?? (await objects.commit('HEAD')) ?? '';
    const stores = asked.stores?.(opener) ?? opener;
    const follow = async () => {
      throw new RegError('REMOTE_FAILED', 'no import is followed here');
    };
    return findDvcModel(objects, commit, path, { stores, around, at, follow });
  };
  /** The bytes of a model by the paths of its files, checked against what its source promises. */
  const read = async (path: string, asked: AskedOfDvc = {}): Promise<Record<string, Buffer>> => {
    const model = await find(path, asked);
    if (model === undefined) throw new Error(`DVC does not know ${path}`);
    const files: [string, Buffer][] = [];
    for (const file of model.files) files.push([file.path, await readFile(file)]);
    return Object.fromEntries(files);
  };
  /** The error that reading ends with, which must be one that `reg` throws on purpose. */
  const failure = async (path: string, asked: AskedOfDvc = {}): Promise<RegError> => {
    const error = await read(path, asked).then(
      () => undefined,
      (reason) => reason,
    );
    if (!(error instanceof RegError)) throw new Error('it was not refused as it has to be', { cause: error });
    return error;
  };
  return { find, read, failure };
}

async function readFile(file: SourceFile): Promise<Buffer> {
  const hasher = hasherOf(file);
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytesOf(file)) {
    hasher.add(chunk);
    chunks.push(chunk);
  }
  hasher.end();
  return Buffer.concat(chunks);
}
