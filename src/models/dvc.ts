import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { isAbsolute, join, posix, resolve } from 'node:path';
import { isScalar, visit } from 'yaml';
import { type DvcConfig, mergeDvcConfig, parseDvcConfig } from '../documents/dvc-config.js';
import { FOREIGN, readYaml, type YamlLimits } from '../documents/yaml.js';
import type { Oid } from '../domain/event.js';
import { parseArtifactName, splitArtifactName } from '../domain/names.js';
import { compareText } from '../domain/order.js';
import { RegError } from '../errors.js';
import type { ObjectReader } from '../git/port.js';
import type { ObjectStore, StoredObject, StoreOpener, StoreSettings } from '../stores/port.js';
import { shownUrl, withoutUserInfo } from '../util/address.js';
import { isFolder } from '../util/files.js';
import { shellLine } from '../util/shell.js';
import { refuseUnsafePath, type SourceFile, type SourceModel } from './source.js';

/**
 * Finds a model that DVC tracks at a commit, where git itself has nothing at a path, or a `.dvc` file: by the `.dvc` file of
 * the path or of a folder above it, by a `dvc.lock` beside or above it, or by the artifact of a `dvc.yaml` that the path
 * names. Its bytes come from the remote that is configured at that commit.
 * @param at the absolute path of the repository's work tree; undefined for a repository at a URL
 * @returns undefined where DVC does not know the path; an artifact whose model is in git is found by `artifactInGit`
 * @throws RegError SOURCE_PATH, SOURCE_UNSUPPORTED, HASH_MISMATCH, TOO_LARGE, STORE_FAILED, PACKAGE_MISSING
 */
export async function findDvcModel(
  repository: ObjectReader,
  commit: Oid,
  path: string,
  stores: StoreOpener,
  at: string | undefined,
): Promise<SourceModel | undefined> {
  const tracked = await findTracked(repository, commit, path);
  if (tracked === undefined) return undefined;
  const out = requireOut(tracked.out);
  if (tracked.below !== '' && !out.isFolder) return undefined;
  const remote = await openRemote(await remoteOf(repository, commit, out, at), stores, at);
  return trackedModel(remote, out, tracked.below);
}

/** A path that DVC knows: an output, or one inside of it. */
interface Tracked {
  out: DeclaredOut;
  /** The path inside the output; empty for the output itself. */
  below: string;
}

async function findTracked(objects: ObjectReader, commit: Oid, path: string): Promise<Tracked | undefined> {
  const [only] = isDvcFile(path) ? [await onlyOutOf(objects, commit, path)] : [];
  if (only) return { out: only, below: '' };
  const outAt = await outsAround(objects, commit, path);
  const own = await outAt(path);
  if (own) return { out: own, below: '' };
  const named = await artifactPath(objects, commit, path);
  if (named !== undefined) return findNamed(objects, commit, named);
  return trackedAbove(outAt, path);
}

/** What an artifact leads to; what is in git is looked for nowhere else. */
async function findNamed(objects: ObjectReader, commit: Oid, path: string): Promise<Tracked | undefined> {
  const isThere = (await objects.entryAt(commit, path)) !== undefined;
  if (isThere && !isDvcFile(path)) return undefined;
  const only = isThere ? await onlyOutOf(objects, commit, path) : undefined;
  if (only) return { out: only, below: '' };
  const outAt = await outsAround(objects, commit, path);
  const own = await outAt(path);
  return own ? { out: own, below: '' } : trackedAbove(outAt, path);
}

/** Gives the output that a path is. */
type OutAt = (path: string) => Promise<DeclaredOut | undefined>;

async function trackedAbove(outAt: OutAt, path: string): Promise<Tracked | undefined> {
  for (const folder of foldersAbove(path)) {
    const out = await outAt(folder);
    if (out) return { out, below: path.slice(folder.length + 1) };
  }
  return undefined;
}

/** Knows the outputs that a path, and every folder above it, can be. */
async function outsAround(objects: ObjectReader, commit: Oid, path: string): Promise<OutAt> {
  const locked: DeclaredOut[] = [];
  for (const folder of [...foldersAbove(path), ''])
    locked.push(...(await lockedOuts(objects, commit, folder)));
  return async (one) =>
    (await outInDvcFile(objects, commit, one)) ?? onlyOne(locked.filter((out) => out.path === one));
}

/** The folders that a path is in, the nearest first, without the top. */
function foldersAbove(path: string): string[] {
  const above = posix.dirname(path);
  return above === '.' || above === '/' ? [] : [above, ...foldersAbove(above)];
}

function onlyOne([first, ...more]: readonly DeclaredOut[]): DeclaredOut | undefined {
  if (first && more.some(({ entry }) => entry.md5 !== first.entry.md5))
    throw new RegError(
      'SOURCE_UNSUPPORTED',
      `more than one stage of ${first.file} makes ${first.path}, which DVC does not allow`,
      'let one stage make it: dvc repro',
    );
  return first;
}

/** Whether a path is that of a `.dvc` file, by its name; the folder `.dvc` is none. */
export const isDvcFile = (path: string): boolean => /[^/]\.dvc$/.test(path);

/** What the `.dvc` file of a path says of it, where there is one that is about this path. */
async function outInDvcFile(
  objects: ObjectReader,
  commit: Oid,
  path: string,
): Promise<DeclaredOut | undefined> {
  const file = `${path}.dvc`;
  const content = await committedYaml(objects, commit, file);
  return content && outsOf(content, file).find((out) => out.path === path);
}

/**
 * The one output of a `.dvc` file; undefined when there is no such file.
 * @throws RegError SOURCE_UNSUPPORTED when it is no file of DVC, SOURCE_PATH when it names no output of the repository, or several
 */
async function onlyOutOf(objects: ObjectReader, commit: Oid, file: string): Promise<DeclaredOut | undefined> {
  const content = await committedYaml(objects, commit, file);
  if (content === undefined) return undefined;
  const [only, ...more] = outsOf(content, file);
  if (only && more.length === 0) return only;
  throw new RegError(
    'SOURCE_PATH',
    only ? `${file} tracks ${more.length + 1} paths` : `${file} tracks nothing inside the repository`,
    only ? `name one of them: ${only.path}` : 'name a file that `dvc add` wrote',
  );
}

/** The outputs that lie in the repository (DVC, ".dvc files": `outs`, `wdir`, `deps`). */
function outsOf(content: Content, file: string): DeclaredOut[] {
  const wdir = textAt(content, 'wdir');
  const [origin] = mappingsAt(content, 'deps').flatMap((dep) => textAt(mappingAt(dep, 'repo'), 'url') ?? []);
  return mappingsAt(content, 'outs').flatMap((entry) => {
    const path = outPath(file, wdir, textAt(entry, 'path'));
    return path === undefined ? [] : [{ path, file, entry, origin: origin && withoutUserInfo(origin) }];
  });
}

/**
 * The outputs of the stages whose `dvc.yaml` is in a folder, as its `dvc.lock` has them (DVC, "dvc.yaml files", "dvc.lock
 * file"). What stages say beyond hashes, where they run and which remote an output has, is in `dvc.yaml` alone. Stages that
 * are no more in it are left out, as DVC does.
 * @throws RegError SOURCE_UNSUPPORTED, TOO_LARGE
 */
async function lockedOuts(objects: ObjectReader, commit: Oid, folder: string): Promise<DeclaredOut[]> {
  const file = posix.join(folder, 'dvc.lock');
  const lock = await committedYaml(objects, commit, file);
  if (lock === undefined) return [];
  const pipeline = await committedYaml(objects, commit, posix.join(folder, 'dvc.yaml'));
  // before schema 2.0 there was no key above the stages
  const locked = Object.hasOwn(lock, 'schema') ? mappingAt(lock, 'stages') : lock;
  return Object.keys(locked).flatMap((name) => {
    const stage = pipeline === undefined ? {} : stageOf(mappingAt(pipeline, 'stages'), name);
    if (stage === undefined) return [];
    const wdir = textAt(stage, 'wdir');
    return mappingsAt(mappingAt(locked, name), 'outs').flatMap((entry) => {
      const path = outPath(file, wdir, textAt(entry, 'path'));
      return path === undefined ? [] : [{ path, file, entry: { ...flagsOf(stage, entry), ...entry } }];
    });
  });
}

/** The stage of `dvc.yaml` that a name of `dvc.lock` stands for: `train`, or of several made by one template `train@large`. */
function stageOf(stages: Content, name: string): Content | undefined {
  const template = name.slice(0, Math.max(name.lastIndexOf('@'), 0));
  const key = [name, template].find((one) => one !== '' && Object.hasOwn(stages, one));
  if (key === undefined) return undefined;
  const stage = mappingAt(stages, key);
  return Object.hasOwn(stage, 'foreach') ? mappingAt(stage, 'do') : stage;
}

/** What a stage says of one of its outputs, such as `remote` and `cache`. */
function flagsOf(stage: Content, out: Content): Content {
  const path = textAt(out, 'path') ?? '';
  const said = ['outs', 'metrics', 'plots'].flatMap((kind) => mappingsAt(stage, kind));
  const one = said.find((entry) => Object.hasOwn(entry, path));
  return one ? mappingAt(one, path) : {};
}

/**
 * The path that an artifact of a `dvc.yaml` leads to, from the top of the repository; undefined when there is no such artifact.
 * @param name `name`, `dir:name` or `dir/dvc.yaml:name` (DVC, command reference, "artifacts get")
 * @throws RegError SOURCE_UNSUPPORTED for one that has no path in the repository
 */
async function artifactPath(objects: ObjectReader, commit: Oid, name: string): Promise<string | undefined> {
  const artifact = parseArtifactName(name);
  if (artifact === undefined) return undefined;
  const { dir, base } = splitArtifactName(artifact);
  const file = posix.basename(dir) === 'dvc.yaml' ? dir : `${dir === '' ? '' : `${dir}/`}dvc.yaml`;
  // a name that leads up, or is written in another way, is none
  if (outPath('', undefined, file) !== file) return undefined;
  const artifacts = mappingAt((await committedYaml(objects, commit, file)) ?? {}, 'artifacts');
  if (!Object.hasOwn(artifacts, base)) return undefined;
  const path = textAt(mappingAt(artifacts, base), 'path');
  const found = path?.includes('${') ? undefined : path && outPath(file, undefined, path);
  if (found) return found;
  throw new RegError(
    'SOURCE_UNSUPPORTED',
    `the artifact '${base}' of ${file} has no path inside the repository`,
    'link the model by its own path or, in a store, by source.url',
  );
}

/**
 * The path of an artifact of a `dvc.yaml` whose model is in git itself; undefined for any other text. Otherwise as
 * `artifactPath`.
 */
export async function artifactInGit(
  objects: ObjectReader,
  commit: Oid,
  name: string,
): Promise<string | undefined> {
  const path = await artifactPath(objects, commit, name);
  return path !== undefined && (await objects.entryAt(commit, path)) ? path : undefined;
}

/** The content of a file of DVC, or a mapping in it; nothing in it was looked at yet. */
type Content = Readonly<Record<string, unknown>>;

/** Bytes that a configuration file of DVC may have. */
const LARGEST_CONFIG = 64 * 1024;

/** `dvc.lock` names every file of every stage, so that it grows longer than what people write. */
const LIMITS: YamlLimits = { ...FOREIGN, bytes: 1024 * 1024 };

/**
 * The bytes of a file at a commit; undefined when there is none.
 * @throws RegError TOO_LARGE, before anything is read
 */
async function committedFile(
  objects: ObjectReader,
  commit: Oid,
  path: string,
  largest: number,
): Promise<Uint8Array | undefined> {
  const entry = await objects.entryAt(commit, path);
  if (entry?.type !== 'blob') return undefined;
  const size = (await objects.blobSizes([entry.oid])).get(entry.oid) ?? 0;
  if (size > largest)
    throw new RegError('TOO_LARGE', `${path} has ${size} bytes, and no more than ${largest} are read of it`);
  return objects.readBlob(entry.oid);
}

/**
 * The content of a YAML file of DVC at a commit; undefined when there is no such file.
 * @throws RegError SOURCE_UNSUPPORTED when it is not well formed, or no mapping; TOO_LARGE
 */
async function committedYaml(objects: ObjectReader, commit: Oid, path: string): Promise<Content | undefined> {
  const bytes = await committedFile(objects, commit, path, LIMITS.bytes);
  if (bytes === undefined) return undefined;
  const yaml = readYaml(bytes, path, 'SOURCE_UNSUPPORTED', LIMITS);
  visit(yaml.document, {
    Pair: (_, { key, value }) => {
      // a hash may have digits alone, or look like a number with an exponent
      if (isScalar(key) && TEXTS.has(key.value) && isScalar(value)) value.value = value.source ?? '';
    },
  });
  const content = yaml.content() ?? {};
  if (isContent(content)) return content;
  throw new RegError('SOURCE_UNSUPPORTED', `${path} is no file of DVC: it holds no keys`);
}

const TEXTS: ReadonlySet<unknown> = new Set(['md5', 'hash', 'path', 'wdir', 'remote', 'url']);

const isContent = (value: unknown): value is Content =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The mapping under a key; an empty one where there is none. */
function mappingAt(content: Content, key: string): Content {
  const value = Object.hasOwn(content, key) ? content[key] : undefined;
  return isContent(value) ? value : {};
}

/** The mappings in the list under a key. */
function mappingsAt(content: Content, key: string): Content[] {
  const value = Object.hasOwn(content, key) ? content[key] : undefined;
  return Array.isArray(value) ? value.filter(isContent) : [];
}

/** The text under a key; undefined where there is none, or it is empty. */
function textAt(content: Content, key: string): string | undefined {
  const value = Object.hasOwn(content, key) ? content[key] : undefined;
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** An output as a file of DVC declares it; but for its path, it was not checked yet. */
interface DeclaredOut {
  /** From the top of the repository, `/` between parts. */
  path: string;
  /** The file that declares it, from the top. */
  file: string;
  entry: Content;
  /** The repository that it was imported from, fit to be shown; its remote has the bytes. */
  origin?: string | undefined;
}

/** A file or a folder whose bytes DVC keeps in a remote. */
interface DvcOut extends Omit<DeclaredOut, 'entry'> {
  /** 32 hexadecimal digits; of a folder that of its manifest, without `.dir`. */
  md5: string;
  isFolder: boolean;
  /** Whether hashes are of the bytes as they are; up to DVC 2 those of a text are of its bytes with LF for CRLF. */
  isRaw: boolean;
  /** Bytes, of a folder those of all its files; undefined where the file of DVC does not tell. */
  size: number | undefined;
  /** The remote that it has of its own; undefined for the default one. */
  remote: string | undefined;
}

/**
 * The path of an output from the top of the repository; undefined for one that is outside, on this machine or elsewhere.
 * @param file that declares it
 * @param wdir what paths are relative to, itself relative to the folder of that file; undefined for that folder
 */
function outPath(file: string, wdir: string | undefined, path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  if ([wdir ?? '', path].some((one) => posix.isAbsolute(one) || /^[a-z][a-z0-9+.-]*:/i.test(one)))
    return undefined;
  const joined = posix.join(posix.dirname(file), wdir ?? '', path).replace(/\/$/, '');
  return joined === '.' || joined === '..' || joined.startsWith('../') ? undefined : joined;
}

/**
 * Checks the entry of an output (DVC, ".dvc files" and "dvc.lock": `md5`, `size`, `hash`, `remote`, `cache`).
 * @throws RegError SOURCE_UNSUPPORTED, with what is not as DVC 1 to 3 write it; SOURCE_PATH for one that DVC does not keep
 */
function requireOut({ entry, ...declared }: DeclaredOut): DvcOut {
  const { path, file } = declared;
  const refuse = (why: string, hint?: string): RegError =>
    new RegError('SOURCE_UNSUPPORTED', `${file} tracks ${path}, but ${why}`, hint);
  if (['files', 'cloud', 'version_id'].some((key) => Object.hasOwn(entry, key)))
    throw refuse('in a version-aware remote, which is not supported', PLAIN_REMOTE);
  if (entry.cache === false)
    throw new RegError(
      'SOURCE_PATH',
      `${file} names ${path} with cache: false, so that DVC has no copy of it`,
      'commit it to git, or let DVC keep it',
    );
  const [, md5, dir] = /^([0-9a-f]{32})(\.dir)?$/.exec(textAt(entry, 'md5')?.toLowerCase() ?? '') ?? [];
  if (md5 === undefined) throw refuse('it does not say by which md5', 'commit what `dvc commit` writes');
  const hash = textAt(entry, 'hash') ?? LEGACY;
  if (hash !== 'md5' && hash !== LEGACY) throw refuse(`by its ${hash}, which is not supported`);
  const { size } = entry;
  if (size !== undefined && !(Number.isSafeInteger(size) && Number(size) >= 0))
    throw refuse('its size is no number of bytes');
  return {
    ...declared,
    md5,
    isFolder: dir !== undefined,
    isRaw: hash === 'md5',
    size: size === undefined ? undefined : Number(size),
    // names are the same in whatever case (DVC, config_schema.py)
    remote: textAt(entry, 'remote')?.toLowerCase(),
  };
}

/** What DVC 3 calls the hash that DVC 1 and 2 write without a name. */
const LEGACY = 'md5-dos2unix';

/** The way out of remotes that keep files under their own names. */
const PLAIN_REMOTE = 'push it to a plain remote: dvc remote modify --unset NAME version_aware, and worktree';

/** A remote as the configuration of a DVC repository has it; nothing in it was looked at yet. */
interface RemoteConfig {
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
async function remoteOf(
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

/** A remote of DVC that can be read. */
interface DvcRemote {
  name: string;
  store: ObjectStore;
  /** Whether it is a folder of this machine. */
  isHere: boolean;
}

/**
 * Opens a remote (DVC, "Remote storage"): a folder, or `s3`, `azure`, `gs`, `http` and `https`. Logins come from the
 * environment, as for any other store, and never from the configuration.
 * @param at the top of the repository's work tree; undefined for one that is not on this machine
 * @throws RegError SOURCE_UNSUPPORTED for any other kind, and for a folder of another machine; STORE_FAILED for a folder that is
 * not there; PACKAGE_MISSING
 */
async function openRemote(
  remote: RemoteConfig,
  stores: StoreOpener,
  at: string | undefined,
): Promise<DvcRemote> {
  const { name, values } = remote;
  const refuse = refusalOf(name);
  for (const key of ['version_aware', 'worktree'])
    if (values.get(key)?.toLowerCase() === 'true') throw refuse(`is a ${key} one`, PLAIN_REMOTE);
  if (values.has('sse_customer_key')) throw refuse('is encrypted by a key of its own (sse_customer_key)');
  const url = values.get('url') ?? '';
  const [, scheme] = /^(\w[\w+.-]*):\/\//.exec(url) ?? [];
  if (scheme === undefined || scheme === 'file') {
    const path = await localFolder(remote, url, at);
    return { name, store: await stores.openStore(path), isHere: true };
  }
  const settings = SETTINGS.get(scheme);
  if (settings === undefined) throw refuse(`is a ${scheme}:// one`);
  // the place of an account is never the repository's to name: a login would be sent there
  if (scheme === 'azure' && /^azure:\/\/[^/]*[.@]/.test(url)) throw refuse(`has the url ${shownUrl(url)}`);
  return { name, store: await stores.openStore(url, settings(values, refuse)), isHere: false };
}

/** Makes the error for a remote, with the reason. */
type Refuse = (why: string, hint?: string) => RegError;

const refusalOf =
  (name: string): Refuse =>
  (
    why,
    hint = 'use a remote that is a folder, s3, azure, gs or http, or put the model into a store: reg upload',
  ) =>
    new RegError('SOURCE_UNSUPPORTED', `the DVC remote '${name}' ${why}, which is not supported`, hint);

type Settings = (values: ReadonlyMap<string, string>, refuse: Refuse) => StoreSettings;

/** What each kind of remote can be told (DVC, "dvc remote modify"). */
const SETTINGS: ReadonlyMap<string, Settings> = new Map<string, Settings>([
  ['http', () => ({})],
  ['https', () => ({})],
  ['gs', (values, refuse) => ({ endpoint: endpointOf(values, refuse) })],
  ['azure', (values, refuse) => ({ account: wordOf(values, 'account_name', refuse) })],
  [
    's3',
    (values, refuse) => ({
      endpoint: endpointOf(values, refuse),
      region: wordOf(values, 'region', refuse),
      profile: values.get('profile'),
    }),
  ],
]);

function endpointOf(values: ReadonlyMap<string, string>, refuse: Refuse): string | undefined {
  const endpoint = values.get('endpointurl');
  if (endpoint === undefined || /^https?:\/\/[^\s/?#@\\]+(\/[^\s?#@\\]*)?$/i.test(endpoint)) return endpoint;
  throw refuse(`has the endpointurl ${shownUrl(endpoint)}`);
}

/** A value that becomes a part of a host name, where anything else would lead elsewhere. */
function wordOf(values: ReadonlyMap<string, string>, key: string, refuse: Refuse): string | undefined {
  const word = values.get(key);
  if (word === undefined || /^[a-z0-9-]+$/i.test(word)) return word;
  throw refuse(`has the ${key} '${word}'`);
}

/** The folder of a remote on this machine, where a relative path starts at the folder `.dvc` (DVC, config.py). */
async function localFolder(
  { name, folder }: RemoteConfig,
  url: string,
  at: string | undefined,
): Promise<string> {
  const path = url.replace(/^file:\/\/(localhost(?=\/))?/, '');
  const absolute = isAbsolute(path) ? path : at && resolve(at, folder, path);
  if (absolute && (await isFolder(absolute))) return resolve(absolute);
  if (at !== undefined)
    throw new RegError(
      'STORE_FAILED',
      `there is no folder ${absolute}, the DVC remote '${name}'`,
      'mount it, or name where it is: dvc remote modify --local NAME url PATH',
    );
  throw new RegError(
    'SOURCE_UNSUPPORTED',
    `the DVC remote '${name}' is a folder of another machine, ${path}`,
    'clone the repository where that folder is, or give it a remote that others reach too: dvc remote modify NAME url URL',
  );
}

/**
 * The model that an output of DVC is, or that is inside a folder which is one. Its objects were found when this ends, and of
 * a folder the manifest was read.
 * @param below the path inside the folder; empty for the output itself
 * @throws RegError SOURCE_PATH when something of it is missing in the remote, or the folder has no such path; HASH_MISMATCH when
 * an object has another size than the output; what reading a manifest throws, and what the store throws
 */
async function trackedModel(remote: DvcRemote, out: DvcOut, below: string): Promise<SourceModel> {
  const whole = posix.join(out.path, below);
  const name = posix.basename(whole);
  refuseUnsafePath(name);
  const filesIn = (folder: string, entries: readonly ManifestEntry[]): Promise<SourceFile[]> =>
    filesOf(remote, out, folder, entries);
  if (!out.isFolder) {
    const files = await filesIn(posix.dirname(whole), [{ path: name, md5: out.md5 }]);
    return { kind: 'file', name, files: files.map((file) => withSize(remote, out, file)) };
  }
  const manifest = (await findObjects(remote.store, out, [`${out.md5}.dir`])).get(`${out.md5}.dir`);
  if (manifest === undefined) throw missing(remote, out, out.path, `${out.md5}.dir`);
  const entries = await readManifest(remote.store, manifest, out);
  if (below === '') return { kind: 'folder', name, files: await filesIn(whole, entries) };
  const exact = entries.find(({ path }) => path === below);
  if (exact)
    return { kind: 'file', name, files: await filesIn(posix.dirname(whole), [{ ...exact, path: name }]) };
  const inside = entries
    .filter(({ path }) => path.startsWith(`${below}/`))
    .map((entry) => ({ ...entry, path: entry.path.slice(below.length + 1) }));
  if (inside.length > 0) return { kind: 'folder', name, files: await filesIn(whole, inside) };
  throw new RegError(
    'SOURCE_PATH',
    `there is no ${below} in ${out.path}, the folder that ${out.file} tracks`,
    'check the path, and that `dvc push` was run before the commit',
  );
}

async function filesOf(
  remote: DvcRemote,
  out: DvcOut,
  folder: string,
  entries: readonly ManifestEntry[],
): Promise<SourceFile[]> {
  const names = entries.map(({ md5 }) => md5);
  const found = await findObjects(remote.store, out, names);
  return entries.map(({ path, md5 }) => {
    const object = found.get(md5);
    if (object === undefined) throw missing(remote, out, posix.join(folder, path), md5);
    return fileOf(remote, object, path, md5);
  });
}

const fileOf = (
  { store, isHere }: DvcRemote,
  { key, size, ranges, isRaw }: FoundObject,
  path: string,
  md5: string,
): SourceFile => ({
  path,
  size,
  ...(isRaw && { digest: { algorithm: 'md5', value: md5 } }),
  ranges,
  isHere,
  open: (range) => store.read(key, range),
});

/** A file whose size is told twice: by the remote, and by the file of DVC. */
function withSize({ name, store }: DvcRemote, out: DvcOut, file: SourceFile): SourceFile {
  if (file.size === undefined || out.size === undefined || file.size === out.size)
    return { ...file, size: out.size ?? file.size };
  throw new RegError(
    'HASH_MISMATCH',
    `${out.path} (md5 ${out.md5}) has ${file.size} bytes in the DVC remote '${name}', ${store.shown}, not ${out.size} bytes as ${out.file} says`,
    'what the remote stores is damaged; remove it there and push it again: dvc push',
  );
}

function missing({ name, store }: DvcRemote, out: DvcOut, path: string, object: string): RegError {
  return new RegError(
    'SOURCE_PATH',
    `${path} (md5 ${object}) is missing in the DVC remote '${name}', ${store.shown}`,
    out.origin === undefined
      ? `put it there from a clone that has it: ${shellLine('dvc', 'push', '--remote', name, out.path)}`
      : `it was imported from ${out.origin}, whose remote has it: link it there; \`dvc push\` leaves imports out`,
  );
}

/** A file of a folder that DVC tracks. */
interface ManifestEntry {
  /** Inside the folder, `/` between parts. */
  path: string;
  /** 32 hexadecimal digits. */
  md5: string;
}

/** Bytes that a manifest may have, which is a hundred or so for each file. */
const LARGEST = 16 * 1024 * 1024;
const MOST_FILES = 100_000;

/**
 * Reads the manifest of a folder, `ab/cdef….dir`: a JSON list of `{"md5", "relpath"}` (DVC, "Internal directories and files",
 * "Directories"); gives the files by path.
 * @throws RegError HASH_MISMATCH, TOO_LARGE, SOURCE_UNSUPPORTED when it is none, SOURCE_PATH for paths that must not be written
 */
async function readManifest(store: ObjectStore, { key }: FoundObject, out: DvcOut): Promise<ManifestEntry[]> {
  const bytes = await readBounded(store, key, out.path);
  const md5 = createHash('md5').update(bytes).digest('hex');
  if (md5 !== out.md5)
    throw new RegError(
      'HASH_MISMATCH',
      `the manifest of ${out.path} at ${store.shown} is not the one that ${out.file} names: md5 ${md5}, not md5 ${out.md5}`,
      'what the remote stores is damaged; remove it there and push it again: dvc push',
    );
  return parseManifest(bytes, out.path);
}

async function readBounded(store: ObjectStore, key: string, path: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (await store.read(key)) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > LARGEST)
      throw new RegError('TOO_LARGE', `the manifest of ${path} has more than ${LARGEST} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * Reads the bytes of a manifest, otherwise as `readManifest`.
 * @param folder what the folder is called when it is refused
 */
export function parseManifest(bytes: Uint8Array, folder: string): ManifestEntry[] {
  const list = parseJson(bytes);
  if (!Array.isArray(list)) throw malformed(folder, 'it is no JSON list');
  if (list.length > MOST_FILES)
    throw new RegError('TOO_LARGE', `${folder} has more than ${MOST_FILES} files, ${list.length}`);
  const entries = list.map((entry: unknown) => entryOf(entry, folder));
  const paths = new Set(entries.map(({ path }) => path));
  if (paths.size < entries.length) throw malformed(folder, 'it names a file twice', 'SOURCE_PATH');
  for (const { path } of entries)
    for (let end = path.indexOf('/'); end > 0; end = path.indexOf('/', end + 1))
      if (paths.has(path.slice(0, end)))
        throw malformed(folder, `'${path.slice(0, end)}' is a file and a folder in it`, 'SOURCE_PATH');
  return entries.sort((a, b) => compareText(a.path, b.path));
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

function entryOf(entry: unknown, folder: string): ManifestEntry {
  const { relpath, md5 } = (entry ?? {}) as Record<string, unknown>;
  if (typeof relpath !== 'string' || typeof md5 !== 'string')
    throw malformed(folder, 'an entry has no relpath, or no md5');
  refuseUnsafePath(relpath);
  if (!/^[0-9a-f]{32}$/.test(md5)) throw malformed(folder, `the md5 of '${relpath}' is no md5`);
  return { path: relpath, md5 };
}

const malformed = (
  folder: string,
  why: string,
  code: 'SOURCE_UNSUPPORTED' | 'SOURCE_PATH' = 'SOURCE_UNSUPPORTED',
): RegError =>
  new RegError(code, `the manifest of ${folder} is not as DVC writes it: ${why}`, 'do not trust its source');

/** An object where it is in a remote. */
interface FoundObject extends StoredObject {
  /** Whether its name is the md5 of its bytes as they are. */
  isRaw: boolean;
}

/** Requests under way at a time. */
const AT_ONCE = 8;

/** Objects of one folder from which on listing it is better than asking for each. */
const WORTH_LISTING = 4;

/** Where DVC 3 keeps objects; up to DVC 2 they were at the top. */
const FILES = 'files/md5/';

/**
 * Finds objects in a remote, which has them by their names, `files/md5/ab/cdef…` or `ab/cdef…` (DVC, "Internal directories and
 * files"): first where the output says, then in the other place. Missing ones are missing in the answer.
 * @param names md5s; that of a folder's manifest ends in `.dir`
 * @throws RegError what the store throws
 */
async function findObjects(
  store: ObjectStore,
  { isRaw }: Pick<DvcOut, 'isRaw'>,
  names: readonly string[],
): Promise<Map<string, FoundObject>> {
  const found = new Map<string, FoundObject>();
  for (const place of isRaw ? [FILES, ''] : ['', FILES]) {
    const waiting = [...foldersOf(names.filter((name) => !found.has(name)))];
    const work = async (): Promise<void> => {
      for (let one = waiting.shift(); one; one = waiting.shift()) {
        const [folder, rests] = one;
        for (const object of await objectsIn(store, place + folder, rests))
          found.set(nameOf(object.key), { ...object, isRaw: isRaw || place === FILES });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }
  return found;
}

/** Names by the folder that they are in, which is their first two digits; what is left of each, once. */
function foldersOf(names: readonly string[]): Map<string, Set<string>> {
  const folders = new Map<string, Set<string>>();
  for (const name of names) {
    const folder = name.slice(0, 2);
    folders.set(folder, (folders.get(folder) ?? new Set()).add(name.slice(2)));
  }
  return folders;
}

const nameOf = (key: string): string => key.split('/').slice(-2).join('');

async function objectsIn(
  store: ObjectStore,
  folder: string,
  rests: ReadonlySet<string>,
): Promise<StoredObject[]> {
  const keys = new Set([...rests].map((rest) => `${folder}/${rest}`));
  const listed = keys.size < WORTH_LISTING ? undefined : await store.list(folder).catch(unlessUnlistable);
  if (listed) return listed.filter(({ key }) => keys.has(key));
  const found: StoredObject[] = [];
  for (const key of keys) {
    const object = await store.stat(key);
    if (object) found.push(object);
  }
  return found;
}

/** A web server lists nothing, and a folder not what it cannot tell about others: each object is asked for then. */
function unlessUnlistable(error: unknown): undefined {
  const { code } = error as Partial<RegError>;
  if (!(error instanceof RegError) || (code !== 'SOURCE_UNSUPPORTED' && code !== 'SOURCE_PATH')) throw error;
}
