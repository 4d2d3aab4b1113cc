import { ENOUGH_OF_LINK } from '../documents/link.js';
import { LINK_SUFFIX } from '../documents/link-path.js';
import type { Oid } from '../domain/event.js';
import { RegError } from '../errors.js';
import { modelOfKey, readFileList } from '../models/store-layout.js';
import type { ObjectStore, StoredObject } from '../stores/port.js';
import type { RegistryContext } from './context.js';
import { mayLackTags } from './missing.js';
import type { StoredRow } from './rows.js';
import { storeOf, type UploadOptions } from './upload.js';

/** What a store has that no link names, as far as this repository knows. */
export interface Unnamed {
  /** The address of the store, fit to be shown. */
  store: string;
  rows: StoredRow[];
  /** The objects that links name, and those that are not laid out as an upload does. */
  named: number;
  foreign: number;
}

/**
 * Lists the objects of a store that no link of this repository names: not at a version, a branch or any other ref, not in the work tree. Other
 * repositories and clones may name them, so nothing is removed.
 * @throws RegError TAGS_MISSING where this clone may lack tags; SOURCE_UNSUPPORTED where a store cannot list; HASH_MISMATCH for a
 * damaged list of files, and errors of objects that are not here: nothing is known of what they name
 */
export async function unnamedObjects(
  context: RegistryContext,
  options: Pick<UploadOptions, 'store' | 'from'>,
): Promise<Unnamed> {
  const lacking = await mayLackTags(context);
  if (lacking !== undefined)
    throw new RegError('TAGS_MISSING', lacking, 'get them with: reg sync; or list with --fetch');
  const { address } = await storeOf(context, options, (await context.workTree())?.root ?? options.from);
  const store = await context.stores.openStore(address);
  const objects = await store.list('');
  const inLinks = await namedInLinks(context);
  const inModels = await namedInModels(store, objects, inLinks);
  const result: Unnamed = { store: store.shown, rows: [], named: 0, foreign: 0 };
  for (const { key, size = null } of objects) {
    const model = modelOfKey(key);
    if (model === undefined) result.foreign += Number(key !== '.gitignore');
    else if (inLinks.has(model.sha256) || inModels.has(model.sha256)) result.named += 1;
    else result.rows.push({ key, size });
  }
  return result;
}

/** Every SHA-256 in a link file of any commit that a ref leads to, or of the next commit: as a hash, or in the address of a store. */
async function namedInLinks({ repository }: RegistryContext): Promise<Set<string>> {
  const named = new Set<string>();
  const add = (bytes: Uint8Array | undefined): void => {
    // a link that cannot be read as one names what it names
    for (const [, prefix = '', rest = ''] of Buffer.from(bytes ?? [])
      .toString()
      .matchAll(/([0-9a-f]{2})\/?([0-9a-f]{62})/gi))
      named.add((prefix + rest).toLowerCase());
  };
  const seen = new Set<Oid>();
  const { objects } = repository;
  for (const commit of new Set((await repository.tips()).values()))
    for (const { path, type, oid } of await objects.entries(commit, '')) {
      if (type !== 'blob' || !path.endsWith(LINK_SUFFIX) || seen.has(oid)) continue;
      seen.add(oid);
      add(await objects.blob(oid, ENOUGH_OF_LINK));
    }
  const { paths, read } = await repository.nextCommit();
  for (const path of paths) if (path.endsWith(LINK_SUFFIX)) add(await read(path, ENOUGH_OF_LINK));
  return named;
}

/** The files of the folder models that links name. */
async function namedInModels(
  store: ObjectStore,
  objects: readonly StoredObject[],
  models: ReadonlySet<string>,
): Promise<Set<string>> {
  const named = new Set<string>();
  for (const object of objects) {
    const model = modelOfKey(object.key);
    if (!model?.isList || !models.has(model.sha256)) continue;
    for (const { sha256 } of await readFileList(store, object, model.sha256)) named.add(sha256);
  }
  return named;
}
