import type { Readable } from 'node:stream';
import { RegError } from '../errors.js';
import type { ByteRange } from '../stores/port.js';

/** One file of a model, where it is now. */
export interface SourceFile {
  /** The path inside the model's folder, `/` between parts; of a model that is one file, its own name. */
  path: string;
  /** Bytes; undefined where the source does not tell. */
  size: number | undefined;
  /** What the place where it is promises of the bytes, such as the id of a Git LFS object. */
  digest?: Digest | undefined;
  /** Whether it can be read from the middle. */
  ranges: boolean;
  /** Whether it is on this machine, where reading several parts at a time would gain nothing. */
  isHere?: boolean;
  /**
   * The bytes, or a part of them.
   * @throws RegError SOURCE_PATH, REMOTE_FAILED, STORE_FAILED; the stream may fail with them too
   */
  open(range?: ByteRange): Promise<Readable>;
}

/** A hash of bytes, in hexadecimal digits. */
export interface Digest {
  algorithm: 'sha256' | 'md5';
  value: string;
}

/** A model where it is now: nothing of it was read yet. */
export interface SourceModel {
  kind: 'file' | 'folder';
  /** The name that it has there. */
  name: string;
  /** Of a folder all files, by path. */
  files: readonly SourceFile[];
}

/**
 * Refuses a path that could lead out of the folder it is written to, or mean something else there: `..`, `.git`, a backslash,
 * and what Windows keeps for devices and streams (Microsoft Learn, "Naming Files, Paths, and Namespaces").
 * @throws RegError SOURCE_PATH
 */
export function refuseUnsafePath(path: string): void {
  if (path !== '' && !path.split('/').some(isUnsafeName)) return;
  throw new RegError(
    'SOURCE_PATH',
    `the model holds a file with an unsafe path, '${path}'`,
    'do not trust its source',
  );
}

/** Whether a name must not be a part of a path that comes from elsewhere. */
export const isUnsafeName = (name: string): boolean =>
  name === '' ||
  name === '.' ||
  name === '..' ||
  GIT_FOLDER.test(name) ||
  // biome-ignore lint/suspicious/noControlCharactersInRegex: no file name of a model holds them, and Windows allows none
  /[\\<>:"|?*\x00-\x1f\x7f]/.test(name) ||
  WINDOWS_DEVICE.test(name) ||
  // Windows drops them, so that the name would mean another file
  /[. ]$/.test(name);

/** Also what macOS and Windows take for it (git-fsck(1), hasDotgit). */
const GIT_FOLDER = /^(\.git|git~\d+)$/i;
const WINDOWS_DEVICE = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\.|$)/i;
