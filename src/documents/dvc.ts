import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { isScalar, visit } from 'yaml';
import { refuseTooMany, refuseUnsafePath } from '../domain/model-files.js';
import { compareText } from '../domain/order.js';
import { RegError } from '../errors.js';
import { shownAddress } from '../util/address.js';
import { shellLine } from '../util/shell.js';
import { parseJson, utf8Text } from '../util/text.js';
import { isMapping, LIMITS } from './dvc-parameters.js';
import { type DvcContent, type Pipeline, type ReadFile, resolveTemplates } from './dvc-template.js';
import { readYaml, type YamlFile } from './yaml.js';

// The files of DVC: dvc.yaml and dvc.lock of a pipeline, a .dvc file for each tracked path, and the manifest of a folder.

/** The largest YAML file of DVC that is read. */
export const MAX_DVC_FILE_BYTES = LIMITS.bytes;

/**
 * Reads a YAML file of DVC.
 * @throws RegError SOURCE_UNSUPPORTED where it is malformed, or not a mapping
 */
export function readDvcFile(bytes: Uint8Array, file: string): DvcContent {
  const content = parse(bytes, file).content() ?? {};
  if (isMapping(content)) return content;
  throw new RegError('SOURCE_UNSUPPORTED', `${file} is not a file of DVC: it holds no keys`);
}

/**
 * Reads a `dvc.yaml`, with its templates filled in.
 * @param read gives the files of parameters
 * @throws RegError SOURCE_UNSUPPORTED where it is malformed, or not a mapping
 */
export async function readPipeline(bytes: Uint8Array, file: string, read: ReadFile): Promise<Pipeline> {
  return resolveTemplates(parse(bytes, file), file, read);
}

function parse(bytes: Uint8Array, file: string): YamlFile {
  refuseConflict(bytes, file);
  const yaml = readYaml(bytes, file, 'SOURCE_UNSUPPORTED', LIMITS);
  visit(yaml.document, {
    Pair: (_, { key, value }) => {
      // a hash may have only digits, or look like a number with an exponent
      if (isScalar(key) && TEXT_KEYS.has(key.value) && isScalar(value)) value.value = value.source ?? '';
    },
  });
  return yaml;
}

/** A merge that was committed half done leaves lines that no tool can read. */
function refuseConflict(bytes: Uint8Array, file: string): void {
  const text = Buffer.from(bytes).toString('latin1');
  const marker = /^<{7} .*$/m.exec(text);
  if (marker === null || !/^>{7} .*$/m.test(text)) return;
  const line = text.slice(0, marker.index).split('\n').length;
  throw new RegError(
    'SOURCE_UNSUPPORTED',
    `${file}:${line}: it has the conflict markers of a merge`,
    `resolve the conflict and commit: git add ${file} && git commit`,
    { file, line },
  );
}

const TEXT_KEYS: ReadonlySet<unknown> = new Set([
  'md5',
  'hash',
  'path',
  'relpath',
  'wdir',
  'remote',
  'url',
  'rev',
  'rev_lock',
  'version_id',
]);

const valueAt = (content: DvcContent, key: string): unknown =>
  Object.hasOwn(content, key) ? content[key] : undefined;

/** The mapping under a key; an empty one without it. */
function mappingAt(content: DvcContent, key: string): DvcContent {
  const value = valueAt(content, key);
  return isMapping(value) ? value : {};
}

/** The mappings in the list under a key. */
function mappingsAt(content: DvcContent, key: string): DvcContent[] {
  const value = valueAt(content, key);
  return Array.isArray(value) ? value.filter(isMapping) : [];
}

/** The text under a key; undefined without it, or where it is empty. */
function textAt(content: DvcContent, key: string): string | undefined {
  const value = valueAt(content, key);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** An output as a file of DVC declares it; only its path was checked. */
export interface DeclaredOut {
  /** From the top of the repository, `/` between parts. */
  path: string;
  /** The file that declares it, from the top. */
  file: string;
  entry: DvcContent;
  /** What it was imported from; undefined for anything else. */
  origin?: DvcOrigin | undefined;
}

/** What `dvc import` or `dvc import-url` brought an output from (DVC, ".dvc files", "Dependency entries"). */
export type DvcOrigin = {
  /** A repository, with the path there; or a URL, or a path of the machine where it was imported. */
  url: string;
  /** The folder that a relative path starts from, from the top of the repository; it may lead up. */
  base: string;
} & (
  | { kind: 'repository'; rev: string | undefined; path: string }
  /** What was there then, as far as it is known. */
  | {
      kind: 'url';
      /** @throws RegError SOURCE_PATH, TOO_LARGE for files that cannot be written */
      content(): ImportedContent;
    }
);

/** What was at the URL of an import. */
export interface ImportedContent extends Pick<DvcOut, 'size' | 'versions'> {
  /** That of its bytes; undefined where it was not read, as for most servers. */
  md5: string | undefined;
  isFolder: boolean;
  /** For a folder of a store that keeps versions; undefined for any other. */
  files: readonly TrackedFile[] | undefined;
}

/** A file or a folder whose bytes DVC keeps in a remote. */
export interface DvcOut extends Omit<DeclaredOut, 'entry'> {
  /** 32 hexadecimal digits; for a folder that of its manifest, without `.dir`. */
  md5: string;
  isFolder: boolean;
  /** Whether hashes are of the bytes as they are; up to DVC 2 those of a text are of its bytes with LF for CRLF. */
  isRaw: boolean;
  /** Bytes, for a folder those of all its files; undefined where the file of DVC does not say. */
  size: number | undefined;
  /** Its own remote; undefined for the default one. */
  remote: string | undefined;
  /** The files of a folder where the file of DVC lists them, for a remote that keeps versions; else its manifest does. */
  files: readonly TrackedFile[] | undefined;
  /** The versions of a single file. */
  versions: Versions;
}

/** The version of a file in each remote that keeps versions, by the remote's name in lower case; by '' where none is named. */
export type Versions = ReadonlyMap<string, string>;

/** A file of a folder whose version is known. */
export interface TrackedFile extends Omit<ManifestEntry, 'md5'> {
  /** Undefined where it was not read. */
  md5: string | undefined;
  size: number | undefined;
  versions: Versions;
}

/** Whether a text still has a `${…}` in it. */
const isTemplate = (text: string): boolean => text.includes('${');

/**
 * What DVC 3 refuses in a file of DVC 0 or 1, which is read all the same; undefined where it has the form of today.
 * @param file its path
 */
export function oldFormOf(content: DvcContent, file: string): string | undefined {
  if (posix.basename(file) === 'dvc.lock')
    return Object.hasOwn(content, 'schema') || Object.keys(content).length === 0
      ? undefined
      : 'it has no schema, as DVC 1 wrote it';
  const old = ['cmd', 'params'].find((key) => Object.hasOwn(content, key));
  const isMetric = mappingsAt(content, 'outs').some((out) => Object.hasOwn(out, 'metric'));
  const key = old ?? (isMetric ? 'metric' : undefined);
  return key && `it has the key '${key}', as DVC 0 and 1 wrote it`;
}

/** Whether a path has the name of a `.dvc` file; the folder `.dvc` does not. */
export const isDvcFile = (path: string): boolean => /[^/]\.dvc$/.test(path);

/** The outputs of a `.dvc` file that lie in the repository (DVC, ".dvc files": `outs`, `wdir`, `deps`). */
export function outsOfDvcFile(content: DvcContent, file: string): DeclaredOut[] {
  const wdir = textAt(content, 'wdir');
  const outs = mappingsAt(content, 'outs');
  const origin = outs.length === 1 ? originOf(content, file, wdir) : undefined;
  return outs.flatMap((entry) => {
    const path = outPath(file, wdir, textAt(entry, 'path'));
    return path === undefined ? [] : [{ path, file, entry, origin }];
  });
}

/** The import that a `.dvc` file is of: it has one dependency, and no command (DVC, `Stage.is_import`). */
function originOf(content: DvcContent, file: string, wdir: string | undefined): DvcOrigin | undefined {
  const [dep, ...others] = mappingsAt(content, 'deps');
  if (dep === undefined || others.length > 0 || Object.hasOwn(content, 'cmd')) return undefined;
  const path = textAt(dep, 'path');
  if (path === undefined) return undefined;
  const base = posix.join(posix.dirname(file), wdir ?? '');
  const repo = mappingAt(dep, 'repo');
  const url = textAt(repo, 'url');
  if (url !== undefined)
    return { kind: 'repository', url, base, path, rev: textAt(repo, 'rev_lock') ?? textAt(repo, 'rev') };
  return { kind: 'url', url: path, base, content: () => importedContent(dep, path) };
}

function importedContent(dep: DvcContent, path: string): ImportedContent {
  const [, md5, dir] = MD5.exec(textAt(dep, 'md5')?.toLowerCase() ?? '') ?? [];
  const files = filesOf(dep, path);
  return {
    // a hash of DVC 1 and 2 is not that of the bytes as they are
    md5: textAt(dep, 'hash') === 'md5' ? md5 : undefined,
    isFolder: dir !== undefined || files !== undefined,
    size: sizeOf(dep),
    files,
    versions: versionsOf(dep),
  };
}

/** What an import came from, fit to be shown. */
export const shownOrigin = ({ url }: DvcOrigin): string => shownAddress(url);

const MD5 = /^([0-9a-f]{32})(\.dir)?$/;

const sizeOf = ({ size }: DvcContent): number | undefined =>
  Number.isSafeInteger(size) && Number(size) >= 0 ? Number(size) : undefined;

/** The versions in an entry (DVC, "Version-aware remotes"): `cloud` by remote, or `version_id` of the one there is. */
function versionsOf(entry: DvcContent): Versions {
  const cloud = mappingAt(entry, 'cloud');
  const named = Object.keys(cloud).flatMap((name): [string, string][] => {
    const id = textAt(mappingAt(cloud, name), 'version_id');
    return id === undefined ? [] : [[name.toLowerCase(), id]];
  });
  const own = textAt(entry, 'version_id');
  return new Map([...named, ...(own === undefined ? [] : [['', own] as const])]);
}

/**
 * The files that an entry lists; undefined where it lists none.
 * @param folder in errors
 * @throws RegError SOURCE_UNSUPPORTED, SOURCE_PATH, TOO_LARGE as `readDvcManifest`
 */
function filesOf(entry: DvcContent, folder: string): readonly TrackedFile[] | undefined {
  if (!Array.isArray(valueAt(entry, 'files'))) return undefined;
  refuseTooMany(folder, mappingsAt(entry, 'files').length);
  const files = mappingsAt(entry, 'files').map((file): TrackedFile => {
    const md5 = textAt(file, 'md5')?.toLowerCase();
    return { path: textAt(file, 'relpath') ?? '', md5, size: sizeOf(file), versions: versionsOf(file) };
  });
  return safeEntries(files, folder);
}

/**
 * The outputs of the stages in a `dvc.lock` (DVC, "dvc.yaml files", "dvc.lock file"). Only the `dvc.yaml` beside it says where
 * a stage runs and which remote an output has. Stages that it no longer has are skipped, as in DVC.
 * @param file the path of the `dvc.lock`
 */
export function outsOfLock(lock: DvcContent, pipeline: DvcContent | undefined, file: string): DeclaredOut[] {
  // before schema 2.0 the stages had no key above them
  const locked = Object.hasOwn(lock, 'schema') ? mappingAt(lock, 'stages') : lock;
  return Object.keys(locked).flatMap((name) => {
    const stage = pipeline === undefined ? {} : stageOf(mappingAt(pipeline, 'stages'), name);
    if (stage === undefined) return [];
    const wdir = textAt(stage, 'wdir');
    // where a template could not be filled in, the path is not known
    if (wdir !== undefined && isTemplate(wdir)) return [];
    return mappingsAt(mappingAt(locked, name), 'outs').flatMap((entry) => {
      const path = outPath(file, wdir, textAt(entry, 'path'));
      return path === undefined ? [] : [{ path, file, entry: { ...flagsOf(stage, entry), ...entry } }];
    });
  });
}

/** The stage of `dvc.yaml` for a name of `dvc.lock`; that of the template where `train@large` was not made from it. */
function stageOf(stages: DvcContent, name: string): DvcContent | undefined {
  const template = name.slice(0, Math.max(name.lastIndexOf('@'), 0));
  const key = [name, template].find((one) => one !== '' && Object.hasOwn(stages, one));
  if (key === undefined) return undefined;
  const stage = mappingAt(stages, key);
  return Object.hasOwn(stage, 'foreach') ? mappingAt(stage, 'do') : stage;
}

/** The flags of one output of a stage, such as `remote` and `cache`. */
function flagsOf(stage: DvcContent, out: DvcContent): DvcContent {
  const path = textAt(out, 'path') ?? '';
  const declared = ['outs', 'metrics', 'plots'].flatMap((kind) => mappingsAt(stage, kind));
  const one = declared.find((entry) => Object.hasOwn(entry, path));
  return one ? mappingAt(one, path) : {};
}

/**
 * The path of an artifact of a `dvc.yaml`, from the top of the repository; undefined without such an artifact.
 * @param file the path of the `dvc.yaml`
 * @throws RegError SOURCE_UNSUPPORTED for an artifact without a path in the repository
 */
export function artifactPathIn(
  { content, problems }: Pipeline,
  name: string,
  file: string,
): string | undefined {
  const artifacts = mappingAt(content, 'artifacts');
  if (!Object.hasOwn(artifacts, name)) return undefined;
  const path = textAt(mappingAt(artifacts, name), 'path');
  const isOpen = path !== undefined && isTemplate(path);
  const found = isOpen ? undefined : path && outPath(file, undefined, path);
  if (found) return found;
  if (isOpen && problems[0]) throw problems[0];
  throw new RegError(
    'SOURCE_UNSUPPORTED',
    `the artifact '${name}' of ${file} has no path inside the repository`,
    'link the model by its own path or, in a store, by source.url',
  );
}

/**
 * The path of an output from the top of the repository; undefined for one outside, on this machine or elsewhere.
 * @param file the file that declares it
 * @param wdir the base of the path, relative to the folder of that file; undefined for that folder
 */
export function outPath(
  file: string,
  wdir: string | undefined,
  path: string | undefined,
): string | undefined {
  if (path === undefined) return undefined;
  if ([wdir ?? '', path].some((one) => posix.isAbsolute(one) || /^[a-z][a-z0-9+.-]*:/i.test(one)))
    return undefined;
  const joined = posix.join(posix.dirname(file), wdir ?? '', path).replace(/\/$/, '');
  return joined === '.' || joined === '..' || joined.startsWith('../') ? undefined : joined;
}

/**
 * Checks the entry of an output (DVC, ".dvc files" and "dvc.lock": `md5`, `size`, `hash`, `remote`, `cache`).
 * @throws RegError SOURCE_UNSUPPORTED for anything that DVC 1 to 3 do not write; SOURCE_PATH for an output that DVC does not keep
 */
export function requireOut({ entry, ...declared }: DeclaredOut): DvcOut {
  const { path, file } = declared;
  const refuse = (why: string, hint?: string): RegError =>
    new RegError('SOURCE_UNSUPPORTED', `${file} tracks ${path}, but ${why}`, hint);
  if (entry.cache === false)
    throw new RegError(
      'SOURCE_PATH',
      `${file} names ${path} with cache: false, so that DVC has no copy of it`,
      'commit it to git, or let DVC keep it',
    );
  const { origin } = declared;
  const files = filesOf(entry, path);
  if (files?.some(({ md5 }) => md5 === undefined || !MD5.test(md5)))
    throw refuse('it does not say by which md5s', 'commit what `dvc push` writes');
  const text = files === undefined ? textAt(entry, 'md5') : `${md5OfFiles(files)}.dir`;
  const [, md5, dir] = MD5.exec(text?.toLowerCase() ?? '') ?? [];
  if (md5 === undefined && origin)
    throw refuse(
      `it was imported from ${shownOrigin(origin)} without its bytes, and does not say by which md5`,
      `bring them and commit: ${shellLine('dvc', 'update', file)}`,
    );
  if (md5 === undefined) throw refuse('it does not say by which md5', 'commit what `dvc commit` writes');
  const hash = textAt(entry, 'hash') ?? LEGACY_HASH;
  if (hash !== 'md5' && hash !== LEGACY_HASH) throw refuse(`by its ${hash}, which is not supported`);
  if (entry.size !== undefined && sizeOf(entry) === undefined)
    throw refuse('its size is not a number of bytes');
  return {
    ...declared,
    md5,
    isFolder: dir !== undefined,
    isRaw: hash === 'md5',
    size: sizeOf(entry),
    // DVC ignores the case of names (config_schema.py)
    remote: textAt(entry, 'remote')?.toLowerCase(),
    files,
    versions: versionsOf(entry),
  };
}

/** Whether an output was imported without its bytes: DVC has an origin of it, and no hash (DVC, `dvc import --no-download`). */
export const isPartialImport = ({ entry, origin }: DeclaredOut): boolean =>
  origin !== undefined && textAt(entry, 'md5') === undefined && !Object.hasOwn(entry, 'files');

/** Bytes by a hash, as DVC names it. */
export interface DvcDigest {
  /** `md5`; `md5-dos2unix` for what DVC 1 and 2 write; any other name as it is in the file. */
  kind: string;
  /** For md5 32 hexadecimal digits, for a folder those of its manifest. */
  value: string;
  isFolder: boolean;
}

/** The digest in the entry of an output, or of the files that it lists for a remote that keeps versions; undefined without one. */
export function digestOfOut({ entry }: DeclaredOut): DvcDigest | undefined {
  const kind = textAt(entry, 'hash') ?? LEGACY_HASH;
  const value = textAt(entry, 'md5') ?? textAt(entry, kind);
  if (value !== undefined) {
    const [, digits = value, dir] = /^(.*?)(\.dir)?$/.exec(value) ?? [];
    return { kind, value: digits.toLowerCase(), isFolder: dir !== undefined };
  }
  if (!Array.isArray(valueAt(entry, 'files'))) return undefined;
  const files = mappingsAt(entry, 'files').map((file) => ({
    path: textAt(file, 'relpath') ?? '',
    md5: textAt(file, 'md5') ?? '',
  }));
  if (files.some(({ path, md5 }) => path === '' || md5 === '')) return undefined;
  return { kind, value: md5OfFiles(files), isFolder: true };
}

/** The md5 of a text in UTF-8. */
export const md5Of = (text: string): string => createHash('md5').update(text).digest('hex');

/** The md5 that names a folder with these files. */
const md5OfFiles = (files: readonly Pick<TrackedFile, 'path' | 'md5'>[]): string =>
  md5Of(manifestText(files.map(({ path, md5 = '' }) => ({ path, md5 }))));

/** The name in DVC 3 for the hash that DVC 1 and 2 write without a name. */
const LEGACY_HASH = 'md5-dos2unix';

/** A file of a folder that DVC tracks. */
export interface ManifestEntry {
  /** Inside the folder, `/` between parts. */
  path: string;
  /** 32 hexadecimal digits. */
  md5: string;
}

/**
 * The manifest of a folder as DVC writes it (dvc-data, `Tree.as_bytes`): files by code points, and ASCII alone, as Python's
 * `json.dumps` does. The md5 of this text names the folder.
 */
export function manifestText(entries: readonly ManifestEntry[]): string {
  const sorted = entries
    .map((entry) => ({ ...entry, key: Buffer.from(entry.path) }))
    .sort((a, b) => Buffer.compare(a.key, b.key));
  const lines = sorted.map(({ md5, path }) => `{"md5": "${md5}", "relpath": ${asciiJson(path)}}`);
  return `[${lines.join(', ')}]`;
}

const asciiJson = (text: string): string =>
  JSON.stringify(text).replaceAll(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/**
 * Reads the manifest of a folder: a JSON list of `{"md5", "relpath"}` (DVC, "Internal directories and files", "Directories").
 * @param folder the name of the folder in errors
 * @returns the files by path
 * @throws RegError SOURCE_UNSUPPORTED where it is malformed, TOO_LARGE, SOURCE_PATH for paths that must not be written
 */
export function readDvcManifest(bytes: Uint8Array, folder: string): ManifestEntry[] {
  const list = parseJson(utf8Text(bytes) ?? '');
  if (!Array.isArray(list)) throw malformed(folder, 'it is no JSON list');
  refuseTooMany(folder, list.length);
  return safeEntries(
    list.map((entry: unknown) => entryOf(entry, folder)),
    folder,
  );
}

/** Refuses files that cannot all be written below one folder; gives them by path. */
function safeEntries<T extends { path: string }>(entries: readonly T[], folder: string): T[] {
  for (const { path } of entries) refuseUnsafePath(path);
  const paths = new Set(entries.map(({ path }) => path));
  if (paths.size < entries.length) throw malformed(folder, 'it names a file twice', 'SOURCE_PATH');
  for (const { path } of entries)
    for (let end = path.indexOf('/'); end > 0; end = path.indexOf('/', end + 1))
      if (paths.has(path.slice(0, end)))
        throw malformed(folder, `'${path.slice(0, end)}' is a file and a folder in it`, 'SOURCE_PATH');
  return [...entries].sort((a, b) => compareText(a.path, b.path));
}

function entryOf(entry: unknown, folder: string): ManifestEntry {
  const { relpath, md5 } = (entry ?? {}) as Record<string, unknown>;
  if (typeof relpath !== 'string' || typeof md5 !== 'string')
    throw malformed(folder, 'an entry has no relpath, or no md5');
  if (!/^[0-9a-f]{32}$/.test(md5)) throw malformed(folder, `the md5 of '${relpath}' is not an md5`);
  return { path: relpath, md5 };
}

const malformed = (
  folder: string,
  why: string,
  code: 'SOURCE_UNSUPPORTED' | 'SOURCE_PATH' = 'SOURCE_UNSUPPORTED',
): RegError =>
  new RegError(code, `the manifest of ${folder} is not as DVC writes it: ${why}`, 'do not trust its source');
