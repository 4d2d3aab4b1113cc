import { createHash } from 'node:crypto';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { RegError } from '../errors.js';
import type { ModelCache } from '../models/cache.js';
import {
  type BytesPromise,
  combinedDigest,
  digestFiles,
  type FileDigest,
  keepsPromises,
  promisedDigest,
  verifyPromises,
} from '../models/digest.js';
import { fetchModel } from '../models/fetch.js';
import { placeModel } from '../models/place.js';
import type { ModelKind, SourceModel } from '../models/source.js';
import { followLink, nameInLink } from '../registry/links.js';
import { readIfPlain, writeBelow } from '../util/safe-files.js';
import type { ServedVersion } from './versions.js';

/** The files of a version, each with the digest of its bytes. */
export interface Manifest {
  /** 40 hexadecimal digits that stand for the content: those of another artifact, version or bytes are others. */
  id: string;
  kind: ModelKind;
  /** The name of the file or folder. */
  name: string;
  /** The digest of the model (docs/specification.md, 4 Links). */
  sha256: string;
  /** The bytes of all files together. */
  size: number;
  /** By path; the one file of a model that is no folder has its name as path. */
  files: readonly FileDigest[];
}

/** A model at its source, with what every link on the way promises. */
export interface AtSource {
  model: SourceModel;
  promises: readonly BytesPromise[];
}

/** Where the files of versions are listed. */
export interface Manifests {
  /**
   * The files of a version. A folder, or a model that git alone pins, is read once to its end for that.
   * @throws RegError what following the link and reading the source throws, HASH_MISMATCH
   */
  of(version: ServedVersion): Promise<Manifest>;
  /** The model of a version at its source. */
  atSource(version: ServedVersion): Promise<AtSource>;
}

/** The content of a manifest as it is kept, without the name that a link gives it. */
type Content = Omit<Manifest, 'id' | 'name'>;

const FileSchema = z.object({ path: z.string(), sha256: z.string(), size: z.number() });
const ContentSchema = z.object({ kind: z.enum(['file', 'folder']), files: z.array(FileSchema) });

/** The folders of what is kept, inside the cache. */
const MANIFESTS = 'manifests';
const DIGESTS = 'digests';

/** More than a manifest of as many files as a model may have. */
const MAX_MANIFEST_BYTES = 256 * 1024 * 1024;

/** So many manifests are kept in memory. */
const MOST_MANIFESTS = 5000;

/**
 * Opens the manifests of a cache folder. They are kept there by the digest of the model, and digests of files in git by their blob ids.
 * @param signal ends what is being fetched
 */
export function openManifests(folder: string, cache: ModelCache, signal?: AbortSignal): Manifests {
  const kept = new Map<string, Content>();
  /** The same with their ids: to make one hashes. */
  const made = new Map<string, { content: Content; manifest: Manifest }>();
  /** Reads are shared: many clients ask for one model at the same time. */
  const making = new Map<string, Promise<Content>>();

  const atSource = async ({ state, link, commit }: ServedVersion): Promise<AtSource> => {
    const { model, promises } = await followLink(state.context, link, async () => commit);
    return { model, promises };
  };
  const contentOf = async (version: ServedVersion): Promise<Content> => {
    const { sha256, size } = version.link;
    const promise = { sha256, size };
    const isPromised = (content: Content | undefined): content is Content =>
      content !== undefined && keepsPromises([promise], content);
    if (sha256 !== undefined) {
      const known = await readKept(folder, sha256);
      if (isPromised(known)) return known;
      const cached = await contentInCache(cache, sha256);
      if (isPromised(cached)) return keep(folder, cached);
    }
    const { model, promises } = await atSource(version);
    if (model.kind === 'file' && sha256 !== undefined) {
      const [file] = model.files;
      const bytes = size ?? file?.size;
      if (file !== undefined && bytes !== undefined)
        return { kind: 'file', sha256, size: bytes, files: [{ path: file.path, sha256, size: bytes }] };
    }
    const promised = promisedDigest(model) && contentOfPromised(model);
    const known = promised ?? (await contentOfKnown(folder, model));
    if (known !== undefined && keepsPromises(promises, known)) return keep(folder, known);
    return fetchWhole(version, { model, promises });
  };
  const fetchWhole = async (
    { artifact, link }: ServedVersion,
    { model, promises }: AtSource,
  ): Promise<Content> => {
    const name = nameInLink(link.source) ?? model.name;
    const wanted = { what: artifact, name, model, promises };
    const verified = await fetchModel(wanted, {}, { cache, signal });
    verifyPromises(artifact, promises, verified.digest);
    await placeModel(verified, cache);
    const content = await contentInCache(cache, verified.digest.sha256);
    if (content === undefined)
      throw new RegError(
        'FILE_SYSTEM',
        `the cache keeps no models in ${folder}`,
        'see that it can be written',
      );
    if (model.kind === 'file') content.files = content.files.map((file) => ({ ...file, path: name }));
    for (const { path, digest } of model.files) {
      const found = content.files.find((file) => file.path === path) ?? content.files[0];
      if (digest !== undefined && digest.algorithm !== 'sha256' && found !== undefined)
        await keepDigest(folder, `${digest.algorithm}-${digest.value}`, found);
    }
    return keep(folder, content);
  };
  return {
    atSource,
    of: async (version) => {
      const { artifact, link, commit } = version;
      const name = nameInLink(link.source);
      const key = link.sha256 ?? `${artifact} ${commit}`;
      let content = kept.get(key);
      if (content === undefined || !keepsPromises([link], content)) {
        const one = making.get(key) ?? contentOf(version).finally(() => making.delete(key));
        making.set(key, one);
        content = await one;
        kept.set(key, content);
        if (kept.size > MOST_MANIFESTS) kept.delete(kept.keys().next().value ?? '');
      }
      const place = `${artifact} ${version.version} ${name} ${key}`;
      const known = made.get(place);
      if (known?.content === content) return known.manifest;
      const manifest = manifestOf(version, content, name);
      made.set(place, { content, manifest });
      if (made.size > MOST_MANIFESTS) made.delete(made.keys().next().value ?? '');
      return manifest;
    },
  };
}

function manifestOf(
  { artifact, version }: ServedVersion,
  content: Content,
  name: string | undefined,
): Manifest {
  const { kind, files, sha256, size } = content;
  const own = name ?? (kind === 'file' ? files[0]?.path : undefined) ?? artifact.replace(/^.*[:/]/, '');
  return {
    id: contentId(artifact, version, sha256),
    kind,
    name: own,
    sha256,
    size,
    files: kind === 'file' ? files.map((file) => ({ ...file, path: own })) : files,
  };
}

/** The id of the content of a version: one for all stages that hold it, on every server. */
export const contentId = (artifact: string, version: string, sha256: string): string =>
  createHash('sha256').update(`${artifact}\n${version}\n${sha256}\n`).digest('hex').slice(0, 40);

/** The files of a model in the cache, which are read to their ends for a folder; undefined where it is not there, or damaged. */
async function contentInCache(cache: ModelCache, sha256: string): Promise<Content | undefined> {
  const model = await cache.find(sha256);
  if (model === undefined) return undefined;
  const [only] = model.files;
  // whether its bytes are right is seen when they are read
  if (model.kind === 'file' && only?.size !== undefined)
    return { kind: 'file', sha256, size: only.size, files: [{ path: only.path, sha256, size: only.size }] };
  const { digest, files } = await digestFiles(model);
  if (digest.sha256 === sha256) return { ...digest, files: byPath(files.map(fileDigest)) };
  await cache.evict(sha256);
  return undefined;
}

const fileDigest = ({ path, size, digest }: SourceModel['files'][number]): FileDigest => ({
  path,
  size: size ?? 0,
  sha256: digest?.value ?? '',
});

const byPath = (files: readonly FileDigest[]): FileDigest[] =>
  [...files].sort((a, b) => (a.path < b.path ? -1 : 1));

function contentOfPromised(model: SourceModel): Content {
  const files = byPath(model.files.map(fileDigest));
  return { ...combinedDigest(model.kind, files), files };
}

/** The files of a model in git whose blobs were all read before. */
async function contentOfKnown(folder: string, { kind, files }: SourceModel): Promise<Content | undefined> {
  const found: FileDigest[] = [];
  for (const { path, digest, size } of files) {
    if (digest === undefined) return undefined;
    const { algorithm, value } = digest;
    const known =
      algorithm === 'sha256' && size !== undefined
        ? { sha256: value, size }
        : await readDigest(folder, `${algorithm}-${value}`);
    if (known === undefined) return undefined;
    found.push({ path, ...known });
  }
  const sorted = byPath(found);
  return { ...combinedDigest(kind, sorted), files: sorted };
}

async function readDigest(folder: string, key: string): Promise<Omit<FileDigest, 'path'> | undefined> {
  const bytes = await readIfPlain(join(folder, DIGESTS, key), 200).catch(() => undefined);
  const [, sha256, size] = /^([0-9a-f]{64}) (\d+)\n$/.exec(Buffer.from(bytes ?? []).toString()) ?? [];
  return sha256 === undefined ? undefined : { sha256, size: Number(size) };
}

// an answer does not fail because nothing can be kept

const keepDigest = (folder: string, key: string, { sha256, size }: FileDigest): Promise<void> =>
  writeBelow(folder, join(DIGESTS, key), `${sha256} ${size}\n`).catch(() => undefined);

async function keep(folder: string, content: Content): Promise<Content> {
  const { kind, files, sha256 } = content;
  // of a single file the link says as much
  if (kind === 'folder')
    await writeBelow(folder, join(MANIFESTS, sha256), JSON.stringify({ kind, files })).catch(() => undefined);
  return content;
}

/** A manifest that is kept. It says itself whether it is the right one: its digest is that of the model. */
async function readKept(folder: string, sha256: string): Promise<Content | undefined> {
  const bytes = await readIfPlain(join(folder, MANIFESTS, sha256), MAX_MANIFEST_BYTES).catch(() => undefined);
  const read = bytes && ContentSchema.safeParse(parsed(Buffer.from(bytes).toString()));
  if (!read?.success) return undefined;
  const { kind, files } = read.data;
  const content = { ...combinedDigest(kind, files), files };
  return content.sha256 === sha256 ? content : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
