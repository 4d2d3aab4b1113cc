import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { LinkSource } from '../documents/link.js';
import { RegError } from '../errors.js';
import type { ChooseOptions } from '../registry/choose.js';
import type { RegistryContext } from '../registry/context.js';
import type { ModelIdentity } from '../sources/identity.js';
import { isFolder, isInside } from '../util/files.js';
import type { OnBytes } from './download.js';
import { type FetchTools, fetchInto, type Wanted } from './fetch.js';
import { type ModelCache, openModelCache } from './model-cache.js';
import { findLead, type Lead } from './wanted.js';

/** How to load a model. */
export interface LoadOptions extends ChooseOptions {
  /** The file or folder to write; with `/` at its end the folder to write into, as one that is there is for a file. */
  to?: string | undefined;
  /**
   * The folder that somebody works in: without `to` the model goes into it under its own name, and no folder model ever takes
   * its place. Without it and without `to`, the model goes into the cache.
   */
  into?: string | undefined;
  /** Replaces other content at the target. */
  force?: boolean | undefined;
  /** Refuses a link that is not pinned to bytes. */
  frozen?: boolean | undefined;
  /** Told how many bytes are to come, when that is known, and then of each that did. */
  onStart?: ((total: number | undefined) => OnBytes) | undefined;
}

/** A model on this machine's disk whose bytes are those that its link promises. */
export interface LoadedModel extends Pick<ModelIdentity, 'sha256' | 'size'> {
  artifact: string;
  /** Null when it was loaded by a rev. */
  version: string | null;
  /** The commit of the registry at which the link was read. */
  commit: string;
  /** The file or folder that holds it. */
  path: string;
  kind: ModelIdentity['kind'];
  /** Where it came from, with the commit that was read. */
  source: LinkSource;
}

/**
 * Resolves, fetches, verifies and places one model. Bytes that were fetched before come from the cache.
 * @throws RegError HASH_MISMATCH when the bytes are not those that the link promises, FILE_EXISTS, and what resolving throws
 */
export async function loadModel(
  context: RegistryContext,
  name: string,
  options: LoadOptions,
): Promise<LoadedModel> {
  const cache = openModelCache(context.cache, context.now);
  const lead = await findLead(context, name, options, cache);
  const { path, identity } =
    (await fromCache(lead, cache, context, options)) ??
    (await place(await lead.follow(), cache, context, options));
  const { artifact, version, commit } = lead;
  const { kind, sha256, size } = identity;
  return { artifact, version, commit, path, kind, sha256, size, source: lead.source() };
}

interface Placed {
  path: string;
  identity: ModelIdentity;
}

/** What was changed in the cache is thrown out of it, and fetched anew. */
async function fromCache(
  lead: Lead,
  cache: ModelCache,
  context: RegistryContext,
  options: LoadOptions,
): Promise<Placed | undefined> {
  const wanted = await lead.cached();
  if (wanted === undefined) return undefined;
  try {
    return await place(wanted, cache, context, options);
  } catch (error) {
    if (!(error instanceof RegError) || error.code !== 'HASH_MISMATCH') throw error;
    await cache.evict(wanted.promises.find(({ sha256 }) => sha256)?.sha256 ?? '');
    return undefined;
  }
}

async function place(
  wanted: Wanted,
  cache: ModelCache,
  { signal }: RegistryContext,
  { to, into, force, onStart }: LoadOptions,
): Promise<Placed> {
  const onBytes = onStart?.(totalOf(wanted));
  const target = await targetOf(wanted, to, into);
  if (target !== undefined) {
    const identity = await fetchInto(wanted, { to: target, force }, { cache, signal, onBytes });
    return { path: target, identity };
  }
  return placeInCache(wanted, { cache, signal, onBytes });
}

async function placeInCache(wanted: Wanted, tools: FetchTools): Promise<Placed> {
  const { cache } = tools;
  const promised = wanted.promises.find(({ sha256 }) => sha256)?.sha256;
  if (promised !== undefined) {
    const path = cache.pathOf(promised, wanted.name);
    return { path, identity: await fetchInto(wanted, { to: path, force: true }, tools) };
  }
  // without a promise the bytes have to be here to know their place
  const aside = cache.aside();
  try {
    const identity = await fetchInto(wanted, { to: aside }, tools);
    return { path: await cache.adopt(aside, identity.sha256, wanted.name), identity };
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

async function targetOf(
  { model, name }: Wanted,
  to: string | undefined,
  into: string | undefined,
): Promise<string | undefined> {
  if (to === undefined) return into === undefined ? undefined : join(into, name);
  if (/[\\/]$/.test(to) || (model.kind === 'file' && (await isFolder(to)))) return join(to, name);
  if (model.kind === 'file' || (to !== '' && (into === undefined || !isInside(to, into)))) return to;
  throw new RegError(
    'USAGE',
    `a folder model cannot take the place of '${to}'`,
    `name its folder: -o ${name}`,
  );
}

/** How many bytes a model has, when every file tells. */
const totalOf = ({ model }: Wanted): number | undefined =>
  model.files.reduce<number | undefined>(
    (sum, { size }) => (sum === undefined || size === undefined ? undefined : sum + size),
    0,
  );
