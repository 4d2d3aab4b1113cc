import type { ArtifactName } from '../domain/names.js';
import { type ErrorCode, failureOf, RegError } from '../errors.js';
import type { CacheMode } from '../models/cache-mode.js';
import { openModelCache } from '../models/cache.js';
import type { FileDigest } from '../models/digest.js';
import { bodyOf, type FileAnswer, type FileRequest, planAnswer } from './bytes.js';
import { contentId, type Manifest, openManifests } from './manifests.js';
import type { ServedRegistry } from './registries.js';
import type { State } from './state.js';
import { type Bytes, openStored } from './stored.js';
import { tarOf, tarSize } from './tar.js';
import {
  activeVersions,
  findVersion,
  heldStages,
  type Revision,
  readRevision,
  type ServedVersion,
} from './versions.js';

/** What all faces share: which version is meant, which files it has, and their bytes. */
export interface Core {
  /** The registries, by name. The name of the only one may be empty. */
  registries: ReadonlyMap<string, ServedRegistry>;
  /** The address that others reach this server by, without `/` at its end. */
  baseUrl: string;
  /** Aborts when the server begins to end: what goes on without an end is to end then. */
  closing?: AbortSignal | undefined;
  /** Milliseconds since the epoch. */
  now(): number;
  /**
   * The state of a registry, which is from memory, and mostly at hand.
   * @throws RegError UNKNOWN_ARTIFACT for a registry that is not served; what reading it throws where it was never read
   */
  state(registry: string): State | Promise<State>;
  /**
   * The version that is meant.
   * @param revision as clients send it (`readRevision`), or read
   * @throws RegError what `findVersion` throws
   */
  find(registry: string, artifact: ArtifactName, revision: string | Revision): Promise<ServedVersion>;
  /**
   * The active version whose content has an id; undefined without one.
   * @throws RegError UNKNOWN_ARTIFACT, and what reading the registry throws
   */
  findContent(registry: string, artifact: ArtifactName, id: string): Promise<ServedVersion | undefined>;
  /**
   * The files of a version.
   * @throws RegError what following its link and reading its source throws, HASH_MISMATCH
   */
  files(version: ServedVersion): Promise<Manifest>;
  /** The id of the content of a version: that of its files, which are read for it only where its link does not promise them. */
  contentId(version: ServedVersion): Promise<string>;
  /** The bytes of a file, all of them or a part. @throws RegError as `files` */
  read(version: ServedVersion, file: FileDigest, range?: { start: number; end: number }): Promise<Bytes>;
  /**
   * Answers a request for a file: GET and HEAD, one range, conditions. It sends verified bytes alone.
   * @throws RegError as `files`
   */
  send(
    request: FileRequest,
    version: ServedVersion,
    file: FileDigest,
    answer?: FileAnswer,
  ): Promise<Response>;
  /**
   * Answers a request for all files of a version, as one archive that is sent whole.
   * @param time of its files, in seconds since the epoch
   * @throws RegError as `files`
   */
  sendArchive(
    request: FileRequest,
    version: ServedVersion,
    time: number,
    headers: Readonly<Record<string, string>>,
  ): Promise<Response>;
}

/** What the core is made of. */
export interface CoreParts {
  registries: readonly ServedRegistry[];
  /** The folder for what can be fetched again. */
  cache: string;
  /** How loads use that folder; what is served goes through it in any case. */
  mode?: CacheMode | undefined;
  baseUrl: string;
  now: () => number;
  /** Ends what is being fetched. */
  signal?: AbortSignal | undefined;
  closing?: AbortSignal | undefined;
  /** Takes the number of bytes of models as they are sent. */
  onBytes?: ((count: number) => void) | undefined;
}

/** Makes what faces are made of. */
export function makeCore({
  cache,
  now,
  signal,
  baseUrl,
  onBytes = () => undefined,
  ...parts
}: CoreParts): Core {
  const registries = new Map(parts.registries.map((one) => [one.name, one]));
  const models = openModelCache(cache, now, parts.mode === 'link' ? 'link' : 'copy');
  const manifests = openManifests(cache, models, signal);
  const stored = openStored(models, manifests, signal);
  const state: Core['state'] = (registry) => {
    const found = registries.get(registry);
    if (found === undefined)
      throw new RegError('UNKNOWN_ARTIFACT', `no registry '${registry}' is served here`);
    return found.current();
  };
  const find: Core['find'] = async (registry, artifact, revision) =>
    findVersion(
      await state(registry),
      artifact,
      typeof revision === 'string' ? readRevision(artifact, revision) : revision,
    );
  const files: Core['files'] = (version) => manifests.of(version);
  const idOf: Core['contentId'] = async (version) => {
    const { artifact, link } = version;
    return link.sha256 === undefined
      ? (await files(version)).id
      : contentId(artifact, version.version, link.sha256);
  };
  const read: Core['read'] = async (version, file, range) =>
    stored.open(version, await files(version), file, range);
  return {
    registries,
    baseUrl,
    closing: parts.closing,
    now,
    state,
    find,
    findContent: async (registry, artifact, id) => {
      const now = await state(registry);
      const version = await now.remembered(artifact, `content ${id}`, async () => {
        // clients mostly ask for what a stage holds
        const held = [...(await heldStages(now, artifact)).values()];
        let failure: RegError | undefined;
        for (const one of new Set([...held, ...(await activeVersions(now, artifact))]))
          try {
            const found = await findVersion(now, artifact, { kind: 'version', version: one });
            if ((await idOf(found)) === id) return one;
          } catch (error) {
            const { code } = failureOf(error);
            if (!NO_REVISION.has(code)) failure = failureOf(error);
          }
        if (failure !== undefined) throw failure;
        return undefined;
      });
      return version === undefined ? undefined : findVersion(now, artifact, { kind: 'version', version });
    },
    files,
    contentId: idOf,
    read,
    send: async (request, version, file, answer = {}) => {
      const { status, headers, range } = planAnswer(request, file, answer);
      if (range === undefined) return new Response(null, { status, headers });
      return new Response(bodyOf(await read(version, file, range), onBytes), { status, headers });
    },
    sendArchive: async ({ method, header }, version, time, own) => {
      const manifest = await files(version);
      const archive = {
        path: `${manifest.name}.tar`,
        size: tarSize(manifest.files),
        sha256: manifest.sha256,
      };
      const whole = { method, header: (name: string) => (name === 'range' ? undefined : header(name)) };
      const answer = { etag: `${manifest.id}-${time}`, contentType: 'application/x-tar', headers: own };
      const { status, headers, range } = planAnswer(whole, archive, answer);
      headers['Accept-Ranges'] = 'none';
      if (range === undefined) return new Response(null, { status, headers });
      const bytes = tarOf(manifest.files, time, (file) => read(version, file));
      return new Response(bodyOf(bytes, onBytes), { status, headers });
    },
  };
}

/** What an error means to a client. */
export interface Problem {
  status: 404 | 409 | 500 | 502 | 503;
  /** What is not there, or that something behind the server failed. */
  kind: 'artifact' | 'revision' | 'conflict' | 'failure';
  message: string;
  hint: string | undefined;
}

const NO_REVISION: ReadonlySet<ErrorCode> = new Set([
  'UNKNOWN_VERSION',
  'UNKNOWN_STAGE',
  'UNKNOWN_REV',
  'NOTHING_IN_STAGE',
  'NOT_DECLARED',
  'NOT_PINNED',
  'INVALID_LINK',
  'INVALID_STAGE',
  'INVALID_VERSION',
  'NOT_VERIFIED',
]);

/** What an error means to a client. Errors of this machine are kept from clients: they name its files. */
export function problemOf(error: unknown): Problem {
  if (!(error instanceof RegError))
    return { status: 500, kind: 'failure', message: 'this server has a defect', hint: undefined };
  const { code, message, hint } = error;
  if (code === 'UNKNOWN_ARTIFACT' || code === 'INVALID_NAME')
    return { status: 404, kind: 'artifact', message, hint };
  if (NO_REVISION.has(code)) return { status: 404, kind: 'revision', message, hint };
  if (code === 'AMBIGUOUS') return { status: 409, kind: 'conflict', message, hint };
  if (code === 'INTERRUPTED')
    return { status: 503, kind: 'failure', message: 'this server is ending', hint: undefined };
  if (code === 'FILE_SYSTEM' || code === 'INTERNAL')
    return {
      status: 500,
      kind: 'failure',
      message: 'this server cannot keep or read its files',
      hint: undefined,
    };
  return { status: 502, kind: 'failure', message, hint };
}
