import { createReadStream } from 'node:fs';
import { open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Link, LinkSource } from '../documents/link.js';
import type { Oid } from '../domain/event.js';
import { refuseUnsafePath } from '../domain/model-files.js';
import { type ArtifactName, artifactName } from '../domain/names.js';
import { RegError } from '../errors.js';
import type { ReadAt } from '../formats/read-at.js';
import { canRunCode, type Format, recogniseFormat } from '../formats/recognise.js';
import type { Tensors } from '../formats/safetensors.js';
import { type ModelCache, openModelCache } from '../models/cache.js';
import type { ModelIdentity } from '../models/digest.js';
import type { OnBytes } from '../models/download.js';
import { type FetchTools, fetchInto, type Wanted } from '../models/fetch.js';
import type { SourceModel } from '../models/source.js';
import { isFolder, isInside } from '../util/files.js';
import { type ChooseOptions, type Chosen, choose } from './choose.js';
import type { RegistryContext } from './context.js';
import { followLink } from './follow-link.js';
import { linkAt } from './link-at.js';
import { nameInLink, shownSource } from './shown-source.js';

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

/** A link that was chosen, and how to come by its model. */
interface Lead extends Chosen {
  artifact: ArtifactName;
  /** Where the link says that the model is, fit to be shown, with the commit that was read as far as one was asked for. */
  source(): LinkSource;
  /** The model in the cache, when the link says which bytes are meant and they are there; nothing else is asked. */
  cached(): Promise<Wanted | undefined>;
  /** The model at its source. */
  follow(): Promise<Wanted>;
}

/**
 * Finds the link of an artifact that is meant.
 * @param frozen refuses a link that leaves open which bytes are meant
 * @throws RegError NOT_DECLARED, INVALID_LINK, NOT_PINNED, and what choosing throws
 */
async function findLead(
  context: RegistryContext,
  name: string,
  { frozen = false, ...options }: ChooseOptions & { frozen?: boolean | undefined },
  cache: ModelCache,
): Promise<Lead> {
  const artifact = artifactName(name);
  const chosen = await choose(context, artifact, options);
  const link = await linkAt(context, artifact, chosen.commit);
  if (frozen) refuseFloating(artifact, link);
  let read: Oid | undefined = link.source.commit;
  const wanted = (model: SourceModel, promises: Wanted['promises']): Wanted => {
    const named = nameInLink(link.source) ?? model.name;
    refuseUnsafePath(named);
    return { artifact, name: named, promises, model };
  };
  return {
    ...chosen,
    artifact,
    source: () => ({ ...shownSource(link.source), ...(read === undefined ? {} : { commit: read }) }),
    cached: async () => {
      const model = link.sha256 === undefined ? undefined : await cache.find(link.sha256);
      return model && wanted(model, [link]);
    },
    follow: async () => {
      const { model, commit, promises } = await followLink(context, link, async () => chosen.commit);
      read = commit;
      return wanted(model, promises);
    },
  };
}

function refuseFloating(artifact: ArtifactName, { source, sha256 }: Link): void {
  const missing = sha256 === undefined ? 'sha256' : 'source.commit';
  if (sha256 !== undefined && (source.commit !== undefined || source.url !== undefined)) return;
  throw new RegError(
    'NOT_PINNED',
    `the link of ${artifact} is not pinned: it has no ${missing}`,
    `pin it with: reg update ${artifact}`,
  );
}

/** A model on this machine's disk, and what is in it: what `load()` gives. */
export interface Model extends LoadedModel {
  /**
   * The bytes of a single file.
   * @throws RegError SOURCE_UNSUPPORTED for a folder
   */
  bytes(): Promise<Uint8Array>;
  /** The same as a stream. */
  stream(): Readable;
  /** The format of a single file, by its bytes and never by its name; undefined where they do not tell. */
  format(): Promise<Format | undefined>;
  /**
   * The tensors of a safetensors file, read when they are asked for.
   * @throws RegError INVALID_MODEL for another format, or one that is damaged
   */
  tensors(): Promise<Tensors>;
}

/** Gives a loaded model the calls that read it. */
export function readable(loaded: LoadedModel): Model {
  const file = (): string => singleFile(loaded);
  return {
    ...loaded,
    bytes: async () => readFile(file()),
    stream: () => createReadStream(file()),
    format: async () => formatOf(loaded),
    tensors: async () => {
      const { readSafetensors } = await import('../formats/safetensors.js');
      return readSafetensors(readerOf(file()), loaded.size);
    },
  };
}

/**
 * The path of a model that is one file.
 * @throws RegError SOURCE_UNSUPPORTED for a folder
 */
export function singleFile({ artifact, kind, path }: LoadedModel): string {
  if (kind === 'file') return path;
  throw new RegError('SOURCE_UNSUPPORTED', `${artifact} is a folder, not one file`, 'load it to a folder');
}

const formatOf = async ({ kind, path, size }: LoadedModel): Promise<Format | undefined> =>
  kind === 'file' ? recogniseFormat(readerOf(path), size) : undefined;

/** What to tell about a model whose format runs code when it is opened by its own tools; undefined for others. */
export async function warningOf(loaded: LoadedModel): Promise<string | undefined> {
  const format = await formatOf(loaded);
  if (format === undefined || !canRunCode(format)) return undefined;
  return `${loaded.path} is a ${format} file: opening it can run code that is in it; trust its source, or use safetensors`;
}

/** Reads parts of a file; each opens it anew, so that nothing is left open. */
const readerOf =
  (path: string): ReadAt =>
  async (start, end) => {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(end - start), 0, end - start, start);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  };
