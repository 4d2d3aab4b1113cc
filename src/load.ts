import { join, posix } from 'node:path';
import { Readable } from 'node:stream';
import { isFolder } from './disk/files.js';
import type { Oid } from './domain/event.js';
import { artifactName } from './domain/names.js';
import { RegError } from './errors.js';
import type { LinkSource } from './links/schema.js';
import { shownSource } from './links/shown-source.js';
import { type ChooseOptions, choose } from './registry/choose.js';
import type { RegistryContext } from './registry/context.js';
import { linkAt, resolveLink } from './registry/resolve-link.js';
import { readGitModel } from './sources/git-model.js';
import type { ModelBytes } from './sources/model-bytes.js';
import { placeModel } from './sources/target.js';

/** A model whose bytes were verified against its link. */
export interface LoadedModel {
  artifact: string;
  /** Null when it was loaded by a rev. */
  version: string | null;
  /** The commit of the registry at which the link was read. */
  commit: Oid;
  /** The name that the model has in its source. */
  name: string;
  sha256: string;
  /** Bytes. */
  size: number;
  /** Where it came from, with the commit that was read. */
  source: LinkSource;
  model: ModelBytes;
}

/**
 * Resolves, fetches and verifies one model.
 * @throws RegError HASH_MISMATCH when the bytes are not those that the link promises, and what resolving throws
 */
export async function fetchModel(
  context: RegistryContext,
  name: string,
  options: ChooseOptions,
): Promise<LoadedModel> {
  const artifact = artifactName(name);
  const { version, commit } = await choose(context, artifact, options);
  const link = await linkAt(context, artifact, commit);
  const resolved = await resolveLink(context, link, async () => commit);
  const model = await readGitModel(resolved.objects, resolved.commit, resolved.path);
  if (link.size !== undefined && link.size !== model.size)
    throw mismatch(artifact, `${link.size} bytes`, `${model.size} bytes`);
  if (link.sha256 !== undefined && link.sha256 !== model.sha256)
    throw mismatch(artifact, `sha256 ${link.sha256}`, `sha256 ${model.sha256}`);
  return {
    artifact,
    version,
    commit,
    name: posix.basename(resolved.path),
    sha256: model.sha256,
    size: model.size,
    source: { ...shownSource(link.source), commit: resolved.commit },
    model,
  };
}

const mismatch = (artifact: string, promised: string, found: string): RegError =>
  new RegError(
    'HASH_MISMATCH',
    `the bytes of ${artifact} are not those that its link promises: ${found}, not ${promised}`,
    'nothing was written; the source was changed behind its link, or the link is wrong: reg validate',
  );

/** Where a model may be put. */
export interface PlaceOptions {
  /** The file or folder to write. */
  to: string;
  /** Replaces other content that is there. */
  force?: boolean | undefined;
}

/** A model on this machine's disk: what `load()` gives. */
export interface Model extends Omit<LoadedModel, 'model' | 'name'> {
  /** The file or folder that holds it. */
  path: string;
  /**
   * The bytes of a single file.
   * @throws RegError SOURCE_UNSUPPORTED for a folder
   */
  bytes(): Promise<Uint8Array>;
  /** The same as a stream. */
  stream(): Readable;
}

/**
 * Puts a fetched model at a path, inside it when it is a folder that exists. Gives the path of the model.
 * @throws RegError FILE_EXISTS when other content is there and `force` is not given
 */
export async function placeLoaded(
  { model, name }: LoadedModel,
  { to, force }: PlaceOptions,
): Promise<string> {
  const isInside = /[\\/]$/.test(to) || (await isFolder(to));
  const path = model.kind === 'file' && isInside ? join(to, name) : to;
  await placeModel(model, path, force);
  return path;
}

/**
 * The bytes of a model that is one file.
 * @throws RegError SOURCE_UNSUPPORTED for a folder
 */
export function singleFile({ artifact, model }: LoadedModel): Uint8Array {
  const [file] = model.files;
  if (model.kind === 'file' && file) return file.bytes;
  throw new RegError('SOURCE_UNSUPPORTED', `${artifact} is a folder, not one file`, 'load it to a folder');
}

/** Loads a model to a path; without one, into the cache under its own SHA-256. */
export async function loadModel(
  context: RegistryContext,
  name: string,
  options: ChooseOptions & Partial<PlaceOptions>,
): Promise<Model> {
  const loaded = await fetchModel(context, name, options);
  const { model, name: own, ...about } = loaded;
  const cached = { to: join(context.cache, 'models', model.sha256, own), force: true };
  const path = await placeLoaded(
    loaded,
    options.to === undefined ? cached : { to: options.to, force: options.force },
  );
  const bytes = (): Uint8Array => singleFile(loaded);
  return { ...about, path, bytes: async () => bytes(), stream: () => Readable.from([bytes()]) };
}
