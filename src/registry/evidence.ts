import { isOwn, type Link, modelPath } from '../documents/link.js';
import { LINK_SUFFIX } from '../documents/link-path.js';
import { parseLocation } from '../domain/location.js';
import type { ArtifactName } from '../domain/names.js';
import { RegError } from '../errors.js';
import { type Evidence, emptyEvidence, isEmpty } from '../evidence/evidence.js';
import { readEvidence } from '../evidence/read.js';
import { digestOf } from '../models/digest.js';
import { digestText, dvcBytesAt } from '../models/dvc-digest.js';
import { gitModel } from '../models/git.js';
import { interfaceOf } from '../models/interface.js';
import { parsePointer } from '../models/lfs/pointer.js';
import type { RegistryContext } from './context.js';
import type { DeclaredPlace } from './former-names.js';
import { linkAt } from './links.js';
import { sourceCommit, sourceFolder, sourceRepository } from './source-rev.js';

/** What of the evidence is read. */
export interface EvidenceOfOptions {
  /** Whether the network may be asked. */
  mayFetch?: boolean | undefined;
  /** The configuration that holds; that of the registry by default. */
  metricsFile?: string | undefined;
}

/** The most bytes of a model in git that are read for their digest. */
const MOST_MODEL_BYTES = 16 * 1024 * 1024;

/** A pointer of Git LFS is shorter (its specification, "The Pointer"). */
const POINTER_BYTES = 1024;

/**
 * The evidence of an artifact at a commit of the registry: from its own files, or those of the link's source at its pinned commit.
 * @returns null where nothing is only
 * @throws RegError only where git itself cannot be read
 */
export async function evidenceOf(
  context: RegistryContext,
  artifact: ArtifactName,
  place: DeclaredPlace,
  { mayFetch = false, metricsFile }: EvidenceOfOptions = {},
): Promise<Evidence | null> {
  const link = await linkAt(context, artifact, place).catch(unlessUnlinked);
  if (link === undefined) return null;
  const config = await context.config();
  const found = await evidenceOfLink(context, link, place.commit, {
    mayFetch,
    metricsFile: link.metricsFile ?? metricsFile ?? config.metricsFile,
    hide: config.evidence?.hide,
  });
  return isEmpty(found) ? null : found;
}

/** The evidence of what a link leads to; a link to an object store has the model alone. */
export async function evidenceOfLink(
  context: RegistryContext,
  { source }: Link,
  registryCommit: string,
  options: EvidenceOfOptions & { hide: readonly string[] | undefined },
): Promise<Evidence> {
  const { mayFetch = false, metricsFile, hide } = options;
  // an object store has the model alone
  if (source.url !== undefined) return emptyEvidence();
  const away = source.repo !== undefined && parseLocation(source.repo).kind === 'url';
  const only = (message: string): Evidence => ({
    ...emptyEvidence(),
    notes: [{ file: source.path ?? '', kind: 'not-fetched', message }],
  });
  if (away && !mayFetch) return only('its source is not on this machine; --fetch reads it');
  try {
    const repository = await sourceRepository(context, source);
    const commit = await sourceCommit(context, source, async () => registryCommit);
    const written = source.path === undefined ? undefined : modelPath(source.path);
    const path = written?.endsWith(LINK_SUFFIX) ? undefined : written;
    const { objects } = repository;
    const at = await sourceFolder(context, source);
    const evidence = await readEvidence(
      { objects, commit, path, stores: context.stores, around: context.around, at, mayFetch },
      { metricsFile: metricsFile === undefined ? undefined : modelPath(metricsFile), hide },
    );
    return {
      ...evidence,
      ...(path !== undefined && isOwn(source) ? await bytesIn(context, commit, path) : {}),
    };
  } catch (error) {
    if (!(error instanceof RegError) || error.code === 'INTERRUPTED') throw error;
    return only(error.message);
  }
}

/** The digest and the header of a model that git itself has, where it is small enough to be read for that. */
async function bytesIn(
  context: RegistryContext,
  commit: string,
  path: string,
): Promise<Partial<Pick<Evidence, 'bytes' | 'interface'>>> {
  const { objects } = context.repository;
  const entry = await objects.entry(commit, path);
  if (entry === undefined) {
    const tools = { stores: context.stores, around: context.around, at: (await context.workTree())?.root };
    const tracked = await dvcBytesAt(objects, commit, path, tools);
    const digest = tracked && digestText(tracked);
    return digest === undefined ? {} : { bytes: { digest, size: tracked?.size ?? null } };
  }
  const entries = entry.type === 'tree' ? await objects.entries(commit, path) : [entry];
  if (entries.some(({ type }) => type !== 'blob')) return {};
  const oids = entries.map(({ oid }) => oid);
  // a question brings no model from a remote
  const here = await objects.types(oids);
  if (oids.some((oid) => here.get(oid) !== 'blob')) return {};
  const sizes = await objects.sizes(oids);
  const total = entries.reduce((sum, { oid }) => sum + (sizes.get(oid) ?? 0), 0);
  if (total > MOST_MODEL_BYTES) return {};
  try {
    // a server of Git LFS is not asked either
    for (const { oid, path: file } of entries)
      if ((sizes.get(oid) ?? 0) < POINTER_BYTES && parsePointer(await objects.blob(oid), file)) return {};
    const model = await gitModel(context.repository, commit, path, context.around);
    const { sha256, size } = await digestOf(model);
    const found = await interfaceOf(model).catch(unlessModel);
    return { bytes: { digest: `sha256:${sha256}`, size }, interface: found ?? null };
  } catch (error) {
    if (!(error instanceof RegError) || error.code === 'INTERRUPTED') throw error;
    return {};
  }
}

/** For `catch`: a file that is no model has no interface. */
function unlessModel(error: unknown): undefined {
  if (error instanceof RegError && error.code !== 'INTERRUPTED') return undefined;
  throw error;
}

/** For `catch`: what is declared without a path in the repository has no files there. */
function unlessUnlinked(error: unknown): undefined {
  if (error instanceof RegError && ['SOURCE_PATH', 'NOT_DECLARED'].includes(error.code)) return undefined;
  throw error;
}
