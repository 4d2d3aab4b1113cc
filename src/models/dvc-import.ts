import { createHash } from 'node:crypto';
import { isAbsolute, posix, resolve } from 'node:path';
import {
  type DeclaredOut,
  type DvcOrigin,
  type ImportedContent,
  manifestText,
  md5Of,
  shownOrigin,
} from '../documents/dvc.js';
import type { Oid } from '../domain/event.js';
import { refuseUnsafePath } from '../domain/model-files.js';
import { RegError } from '../errors.js';
import type { StoreSettings } from '../stores/port.js';
import { joinObjectUrl } from '../stores/url.js';
import { shellLine } from '../util/shell.js';
import { placeOf } from './dvc-remote.js';
import { type DvcSettings, type DvcTools, getLine, isUrl, withoutAlias } from './dvc-settings.js';
import { bytesOf, type SourceFile, type SourceModel } from './source.js';

// The bytes of an import that neither the cache nor a remote has: DVC brings them from where they were imported (DVC, `dvc import`,
// `dvc import-url`).

/** Where an import leads: to another repository, or to a store. */
export type OriginPlace =
  | { kind: 'repository'; repo: string; rev: string | undefined; path: string }
  | { kind: 'store'; url: string; settings: StoreSettings | undefined; version: string | undefined };

/** What following an import takes. */
export interface ImportTools extends DvcTools {
  /** Finds the model at a place. */
  follow(place: OriginPlace): Promise<SourceModel>;
}

/** An output that was imported, and what its file says of its bytes. */
export interface Imported extends Pick<DeclaredOut, 'path' | 'file'> {
  origin: DvcOrigin;
  /** Of the bytes as they are; undefined where the file does not say, and for a folder. */
  md5: string | undefined;
  size: number | undefined;
}

/**
 * Finds the model of an import where it came from.
 * @param below the path inside the imported folder; empty for the output itself
 * @throws RegError SOURCE_UNSUPPORTED for a path of another machine, HASH_MISMATCH where it is known to be another one now, and what
 * finding a model throws
 */
export async function importedModel(
  imported: Imported,
  below: string,
  settings: DvcSettings,
  commit: Oid,
  tools: ImportTools,
): Promise<SourceModel> {
  const { origin, path } = imported;
  const name = posix.basename(posix.join(path, below));
  refuseUnsafePath(name);
  if (origin.kind === 'repository') {
    const { rev } = origin;
    const repo = isElsewhere(origin.url) ? origin.url : hereOf(origin, tools);
    const model = await tools.follow({ kind: 'repository', repo, rev, path: posix.join(origin.path, below) });
    return checked(named(model, name), imported, below);
  }
  const content = origin.content();
  const { url, settings: access } = await storeOf(origin, imported, settings, commit, tools);
  const at = (inside: string, version: string | undefined): Promise<SourceModel> =>
    tools.follow({
      kind: 'store',
      url: inside === '' ? url : joinObjectUrl(url, inside),
      settings: access,
      version,
    });
  if (content.files) return listedModel(content.files, below, name, at);
  const version = below === '' ? content.versions.get('') : undefined;
  const model = named(await at(below, version), name);
  const known = {
    ...imported,
    md5: imported.md5 ?? (content.isFolder ? undefined : content.md5),
    size: imported.size ?? content.size,
  };
  // only reading tells what a folder of this machine has now
  const isHere = access === undefined && below === '';
  return checked(isHere ? await asThen(model, content, imported) : model, known, below);
}

/** The store of an import, which may be below a remote of the configuration. */
async function storeOf(
  origin: DvcOrigin,
  imported: Imported,
  settings: DvcSettings,
  commit: Oid,
  tools: ImportTools,
): Promise<{ url: string; settings: StoreSettings | undefined }> {
  const values = withoutAlias(settings, new Map([['url', origin.url]]));
  const url = values.get('url') ?? '';
  const place = isElsewhere(url) ? values : new Map([['url', hereOf({ ...origin, url }, tools)]]);
  return placeOf({ name: '', values: place, top: settings.top, get: getLine(commit, imported, tools) });
}

/** Whether an address leads to a server: a URL but that of a file, or `host:path`. */
const isElsewhere = (url: string): boolean => /^[^/\\]{2,}:/.test(url) && !/^file:/i.test(url);

/** The absolute path of an import from this machine, or its URL. In a repository at a URL a path is one of another machine. */
function hereOf({ url, base }: Pick<DvcOrigin, 'url' | 'base'>, { at }: DvcTools): string {
  if (at !== undefined) return isAbsolute(url) || isUrl(url) ? url : resolve(at, base, url);
  throw new RegError(
    'SOURCE_UNSUPPORTED',
    `it was imported from a path of another machine, ${url}`,
    'clone the repository where that path is, or import the model from where others reach it',
  );
}

/** The files of a folder in a store that keeps versions, as they were when it was imported. */
async function listedModel(
  files: NonNullable<ImportedContent['files']>,
  below: string,
  name: string,
  at: (inside: string, version: string | undefined) => Promise<SourceModel>,
): Promise<SourceModel> {
  const exact = files.find(({ path }) => path === below);
  const inside = below === '' ? '' : `${below}/`;
  const wanted = exact ? [exact] : files.filter(({ path }) => path.startsWith(inside));
  if (wanted.length === 0)
    throw new RegError(
      'SOURCE_PATH',
      `there is no ${below} in the folder that was imported`,
      'check the path',
    );
  const found: SourceFile[] = [];
  for (const { path, versions } of wanted) {
    const [file] = (await at(path, versions.get(''))).files;
    if (file) found.push({ ...file, path: exact ? name : path.slice(inside.length) });
  }
  return { kind: exact ? 'file' : 'folder', name, files: found };
}

/** A model under the name that the output has here. */
const named = (model: SourceModel, name: string): SourceModel => ({
  ...model,
  name,
  files: model.kind === 'file' ? model.files.map((file) => ({ ...file, path: name })) : model.files,
});

/** Compares what is there with what the file of DVC says, as far as that takes no reading; the md5 is compared with the bytes. */
function checked(model: SourceModel, imported: Imported, below: string): SourceModel {
  if (below !== '') return model;
  const { md5, size } = imported;
  const sizes = model.files.map((file) => file.size);
  const found = sizes.reduce<number | undefined>(
    (sum, one) => (sum === undefined || one === undefined ? undefined : sum + one),
    0,
  );
  if (size !== undefined && found !== undefined && size !== found)
    throw changed(imported, `${found} bytes, not ${size}`);
  if (model.kind !== 'file' || md5 === undefined) return model;
  return {
    ...model,
    files: model.files.map((file) => ({ ...file, digest: { algorithm: 'md5', value: md5 } })),
  };
}

/**
 * The files of a folder, each with its md5, where together they have that of the import.
 * @throws RegError HASH_MISMATCH
 */
async function asThen(
  model: SourceModel,
  { md5, isFolder }: ImportedContent,
  imported: Imported,
): Promise<SourceModel> {
  if (!isFolder || md5 === undefined) return model;
  const files: (SourceFile & { md5: string })[] = [];
  for (const file of model.files) files.push({ ...file, md5: await md5OfFile(file) });
  const now = md5Of(manifestText(files));
  if (now !== md5) throw changed(imported, `the md5 ${now}.dir, not ${md5}.dir`);
  return {
    ...model,
    files: files.map(({ md5: value, ...file }) => ({ ...file, digest: { algorithm: 'md5', value } })),
  };
}

async function md5OfFile(file: SourceFile): Promise<string> {
  const hash = createHash('md5');
  for await (const chunk of bytesOf(file)) hash.update(chunk);
  return hash.digest('hex');
}

const changed = ({ origin, file, path }: Imported, how: string): RegError =>
  new RegError(
    'HASH_MISMATCH',
    `${path} was imported from ${shownOrigin(origin)}, which has ${how}, as ${file} says`,
    `import it again and commit: ${shellLine('dvc', 'update', file)}`,
  );
