import { posix } from 'node:path';
import { RegError } from '../../errors.js';
import { type Content, textAt } from './committed.js';

/** An output as a file of DVC declares it; but for its path, it was not checked yet. */
export interface DeclaredOut {
  /** From the top of the repository, `/` between parts. */
  path: string;
  /** The file that declares it, from the top. */
  file: string;
  entry: Content;
  /** The repository that it was imported from, fit to be shown; its remote has the bytes. */
  origin?: string | undefined;
}

/** A file or a folder whose bytes DVC keeps in a remote. */
export interface DvcOut extends Omit<DeclaredOut, 'entry'> {
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
 * @throws RegError SOURCE_UNSUPPORTED, with what is not as DVC 1 to 3 write it; SOURCE_PATH for one that DVC does not keep
 */
export function requireOut({ entry, ...declared }: DeclaredOut): DvcOut {
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
export const PLAIN_REMOTE =
  'push it to a plain remote: dvc remote modify --unset NAME version_aware, and worktree';
