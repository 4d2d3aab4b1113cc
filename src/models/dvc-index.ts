import { posix } from 'node:path';
import {
  artifactPathIn,
  type DeclaredOut,
  isDvcFile,
  MAX_DVC_FILE_BYTES,
  oldFormOf,
  outPath,
  outsOfDvcFile,
  outsOfLock,
  readDvcFile,
  readPipeline,
} from '../documents/dvc.js';
import type { DvcContent, Pipeline } from '../documents/dvc-template.js';
import type { Oid } from '../domain/event.js';
import { parseArtifactName, splitArtifactName } from '../domain/names.js';
import { compareText } from '../domain/order.js';
import { RegError } from '../errors.js';
import { committedFile } from '../git/committed.js';
import type { Objects } from '../git/port.js';
import { mapAtMost } from '../util/async.js';

// Which paths of a commit DVC tracks, and which file says so. A pointer need not lie beside its output (DVC, "dvc.yaml", `wdir`).

/** A path that DVC tracks: an output, or a path inside it. */
export interface Tracked {
  out: DeclaredOut;
  /** The path inside the output; empty for the output itself. */
  below: string;
}

/** Reads the files of a commit, or of a work tree. */
export interface PointerFiles {
  /** The bytes of a file; undefined without it. */
  read(path: string): Promise<Uint8Array | undefined>;
  /** Whether there is a file or a folder at a path. */
  has(path: string): Promise<boolean>;
  /** Every path that is a `dvc.lock` or a `.dvc` file. */
  pointers(): Promise<readonly string[]>;
}

/** The files of DVC at a commit. */
export const pointersAt = (objects: Objects, commit: Oid): PointerFiles => ({
  read: (path) => committedFile(objects, commit, path, MAX_DVC_FILE_BYTES),
  has: async (path) => (await objects.entry(commit, path)) !== undefined,
  pointers: async () =>
    (await objects.entries(commit, ''))
      .filter(({ path, type }) => type === 'blob' && isPointer(path))
      .map(({ path }) => path),
});

/** Whether a path is that of a file that names outputs; those in the folder `.dvc` do not count. */
export const isPointer = (path: string): boolean =>
  (isDvcFile(path) || posix.basename(path) === 'dvc.lock') && !/(^|\/)\.dvc\//.test(path);

/** Every output of a commit. */
export interface DvcOutputs {
  /** By path from the top; the first declaration counts where there are several. */
  outs: ReadonlyMap<string, DeclaredOut>;
  /** What is wrong with files that cannot be read; they name no output. */
  problems: readonly RegError[];
  /** Files in a form that DVC itself does not read any more, with the reason. */
  old: readonly { file: string; why: string }[];
}

/** Reads files that are independent of each other this many at a time. */
const AT_ONCE = 8;

/**
 * Reads every `dvc.lock` and `.dvc` file for its outputs, wherever their paths lead.
 * @throws RegError only where git itself cannot be read
 */
export async function dvcOutputs(files: PointerFiles): Promise<DvcOutputs> {
  const outs = new Map<string, DeclaredOut>();
  const problems: RegError[] = [];
  const old: { file: string; why: string }[] = [];
  const pointers = [...(await files.pointers())].sort(compareText);
  const read = async (file: string): Promise<DeclaredOut[]> => {
    const content = await readAt(files, file);
    const why = content && oldFormOf(content, file);
    if (why !== undefined) old.push({ file, why });
    return content === undefined ? [] : outsOf(files, content, file);
  };
  for (const one of await mapAtMost(AT_ONCE, pointers, (file) => read(file).catch(unreadable))) {
    if (one instanceof RegError) problems.push(one);
    else for (const out of one) if (!outs.has(out.path)) outs.set(out.path, out);
  }
  return { outs, problems, old };
}

function unreadable(error: unknown): RegError {
  if (error instanceof RegError && UNREADABLE.has(error.code)) return error;
  throw error;
}

const UNREADABLE: ReadonlySet<string> = new Set(['SOURCE_UNSUPPORTED', 'TOO_LARGE']);

/** The outputs that one `dvc.lock` or `.dvc` file names; none without the file. */
async function outsIn(files: PointerFiles, file: string): Promise<DeclaredOut[]> {
  const content = await readAt(files, file);
  return content === undefined ? [] : outsOf(files, content, file);
}

async function outsOf(files: PointerFiles, content: DvcContent, file: string): Promise<DeclaredOut[]> {
  if (posix.basename(file) !== 'dvc.lock') return outsOfDvcFile(content, file);
  const pipeline = await pipelineAt(files, posix.join(posix.dirname(file), 'dvc.yaml'));
  return outsOfLock(content, pipeline?.content, file);
}

/**
 * Finds the output at a path, or the one that has the path inside it. Files beside and above the path are asked first, for a
 * repository at a URL fetches the others one by one; then every other one.
 * @param path a path from the top, that of a `.dvc` file with one output, or an artifact of a `dvc.yaml`
 * @returns undefined where DVC does not know the path
 * @throws RegError SOURCE_PATH, SOURCE_UNSUPPORTED where a file that may name it cannot be read
 */
export const findTracked = (files: PointerFiles, path: string): Promise<Tracked | undefined> =>
  find(files, path, (name) => artifactPath(files, name));

async function find(
  files: PointerFiles,
  path: string,
  pathNamed: (name: string) => Promise<string | undefined>,
): Promise<Tracked | undefined> {
  const [only] = isDvcFile(path) ? [await onlyOutOf(files, path)] : [];
  if (only) return { out: only, below: '' };
  const outAt = await outsAround(files, path);
  const own = await outAt(path);
  if (own) return { out: own, below: '' };
  const named = await pathNamed(path);
  if (named !== undefined) {
    // what is in git DVC does not have, and the path of an artifact is a path
    const isInGit = !isDvcFile(named) && (await files.has(named));
    return isInGit ? undefined : find(files, named, async () => undefined);
  }
  return (await trackedAbove(outAt, path)) ?? findAnywhere(files, path);
}

/** Gives the output at a path. */
type OutAt = (path: string) => Promise<DeclaredOut | undefined>;

async function trackedAbove(outAt: OutAt, path: string): Promise<Tracked | undefined> {
  for (const folder of foldersAbove(path)) {
    const out = await outAt(folder);
    if (out) return { out, below: path.slice(folder.length + 1) };
  }
  return undefined;
}

async function findAnywhere(files: PointerFiles, path: string): Promise<Tracked | undefined> {
  const { outs, problems } = await dvcOutputs(files);
  const own = outs.get(path);
  const found = own ? { out: own, below: '' } : await trackedAbove(async (one) => outs.get(one), path);
  // the file that cannot be read may be the one that names it
  const [problem] = problems;
  if (found === undefined && problem) throw problem;
  return found;
}

/** Reads the declarations of outputs at a path and at every folder above it. */
async function outsAround(files: PointerFiles, path: string): Promise<OutAt> {
  const locked: DeclaredOut[] = [];
  for (const folder of [...foldersAbove(path), ''])
    locked.push(...(await outsIn(files, posix.join(folder, 'dvc.lock'))));
  return async (one) =>
    (await outsIn(files, `${one}.dvc`)).find((out) => out.path === one) ??
    onlyOne(locked.filter((out) => out.path === one));
}

/** The folders above a path, the nearest first, without the top. */
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

/**
 * The only output of a `.dvc` file; undefined without such a file.
 * @throws RegError SOURCE_UNSUPPORTED where it is malformed, SOURCE_PATH where it names no output of the repository, or several
 */
async function onlyOutOf(files: PointerFiles, file: string): Promise<DeclaredOut | undefined> {
  const content = await readAt(files, file);
  if (content === undefined) return undefined;
  const [only, ...more] = outsOfDvcFile(content, file);
  if (only && more.length === 0) return only;
  throw new RegError(
    'SOURCE_PATH',
    only ? `${file} tracks ${more.length + 1} paths` : `${file} tracks nothing inside the repository`,
    only ? `name one of them: ${only.path}` : 'name a file that `dvc add` wrote',
  );
}

/**
 * The path of an artifact of a `dvc.yaml`, from the top of the repository; undefined without such an artifact.
 * @param name `name`, `dir:name` or `dir/dvc.yaml:name` (DVC, command reference, "artifacts get")
 * @throws RegError SOURCE_UNSUPPORTED for an artifact without a path in the repository
 */
async function artifactPath(files: PointerFiles, name: string): Promise<string | undefined> {
  const artifact = parseArtifactName(name);
  if (artifact === undefined) return undefined;
  const { dir, base } = splitArtifactName(artifact);
  // DVC's own names have no dot (its source, dvc/repo/artifacts.py, NAME_RE): it is the path of a file
  if (base.includes('.')) return undefined;
  const file = posix.basename(dir) === 'dvc.yaml' ? dir : `${dir === '' ? '' : `${dir}/`}dvc.yaml`;
  // a path that leads up, or is not in its shortest form, names no file
  if (outPath('', undefined, file) !== file) return undefined;
  const pipeline = await pipelineAt(files, file);
  return pipeline && artifactPathIn(pipeline, base, file);
}

/**
 * The path of an artifact of a `dvc.yaml` whose model is in git itself; undefined for any other text.
 * @throws RegError SOURCE_UNSUPPORTED for an artifact without a path in the repository
 */
export async function artifactInGit(
  objects: Objects,
  commit: Oid,
  name: string,
): Promise<string | undefined> {
  const path = await artifactPath(pointersAt(objects, commit), name);
  return path !== undefined && (await objects.entry(commit, path)) ? path : undefined;
}

/**
 * Reads a file of DVC; undefined without it.
 * @throws RegError SOURCE_UNSUPPORTED where it is malformed, TOO_LARGE
 */
async function readAt(files: PointerFiles, file: string): Promise<DvcContent | undefined> {
  const bytes = await files.read(file);
  if (bytes === undefined || bytes.length < LARGE_BYTES) return bytes && readDvcFile(bytes, file);
  // a command asks for the same file at several commits and in the work tree, and to read a million bytes takes a second
  if (lastLarge?.file !== file || Buffer.compare(lastLarge.bytes, bytes) !== 0)
    lastLarge = { file, bytes, content: readDvcFile(bytes, file) };
  return lastLarge.content;
}

const LARGE_BYTES = 1024 * 1024;
let lastLarge: { file: string; bytes: Uint8Array; content: DvcContent } | undefined;

async function pipelineAt(files: PointerFiles, file: string): Promise<Pipeline | undefined> {
  const bytes = await files.read(file);
  return bytes && readPipeline(bytes, file, files.read);
}
