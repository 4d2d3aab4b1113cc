import ignore from 'ignore';
import { RegError } from '../errors.js';
import { mapAtMost } from '../util/async.js';
import { shellLine } from '../util/shell.js';
import { combinedDigest, digestFile, type FileDigest, verifyPromises } from './digest.js';
import { promisedHash, type WantedModel } from './fetch.js';
import type { SourceFile } from './source.js';

// The files of a model without its bytes. What a link promises of a folder is the hash of the list of its files, so a list that has
// this hash promises each of them (docs/specification.md, 4 Link files, Links).

/** Files that are read at a time. */
const MAX_FILES = 4;

/**
 * The files of a model, each with its SHA-256 as its digest where that is known without fetching it: its source lists it, or it is read here.
 * Where all are known, the list is the one that every link on the way promises.
 * @param isRead which files are read for their SHA-256
 * @throws RegError HASH_MISMATCH, and what reading throws
 */
export async function listFiles(
  wanted: WantedModel,
  isRead: (file: SourceFile) => boolean,
): Promise<SourceFile[]> {
  const { what, model, promises } = wanted;
  const promised = model.kind === 'file' ? promisedHash(wanted) : undefined;
  const files = await mapAtMost(MAX_FILES, model.files, async (file): Promise<SourceFile> => {
    if (file.digest?.algorithm === 'sha256') return file;
    if (promised !== undefined) return withDigest(file, { sha256: promised, size: file.size });
    return isRead(file) ? withDigest(file, await digestFile(file)) : file;
  });
  const known = knownDigests(files);
  if (known && promised === undefined) verifyPromises(what, promises, combinedDigest(model.kind, known));
  return files;
}

const withDigest = (
  file: SourceFile,
  { sha256, size }: Pick<FileDigest, 'sha256'> & { size: number | undefined },
): SourceFile => ({ ...file, size, digest: { algorithm: 'sha256', value: sha256 } });

/** The digests of files where that of each is known; undefined otherwise. */
export function knownDigests(files: readonly SourceFile[]): FileDigest[] | undefined {
  const known = files.flatMap(({ path, size, digest }) =>
    size === undefined || digest?.algorithm !== 'sha256' ? [] : [{ path, size, sha256: digest.value }],
  );
  return known.length === files.length ? known : undefined;
}

/**
 * The files of a folder model that some patterns choose, each as gitignore(5) reads it; what matches one with `!` is left out again.
 * @throws RegError SOURCE_PATH where a pattern chooses none
 */
export function chooseFiles<T extends { path: string }>(
  what: string,
  files: readonly T[],
  patterns: readonly string[],
): T[] {
  const refuse = (why: string, hint: string): RegError =>
    new RegError('SOURCE_PATH', `no file of ${what} ${why}`, hint);
  const chosen = patterns.filter((one) => !one.startsWith('!'));
  const leftOut = patterns.filter((one) => one.startsWith('!')).map((one) => one.slice(1));
  for (const pattern of chosen.length > 0 ? chosen : patterns)
    if (!files.some(matching([pattern])))
      throw refuse(`matches '${pattern}'`, `list its files: ${shellLine('reg', 'files', what)}`);
  const isLeftOut = matching(leftOut);
  const found = files.filter(matching(chosen)).filter((file) => !isLeftOut(file));
  if (found.length > 0) return found;
  throw refuse(`is left by ${patterns.map((one) => `'${one}'`).join(', ')}`, 'leave out a pattern with !');
}

function matching(patterns: readonly string[]): (file: { path: string }) => boolean {
  const rules = ignore.default({ ignorecase: false }).add(patterns.map((one) => one.replace(/^\.\//, '/')));
  return ({ path }) => rules.ignores(path);
}
