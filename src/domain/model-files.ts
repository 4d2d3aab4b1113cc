import { RegError } from '../errors.js';

/** The limit for the files of a folder model; each costs a request, or a run of git. */
const MAX_FILES = 100_000;

/**
 * Refuses a folder of too many files.
 * @throws RegError TOO_LARGE
 */
export function refuseTooMany(folder: string, count: number): void {
  if (count > MAX_FILES)
    throw new RegError(
      'TOO_LARGE',
      `${folder} has more than ${MAX_FILES} files, ${count}`,
      'name one of them',
    );
}

/**
 * Refuses a path that could lead out of its folder or mean something else there: `..`, `.git`, a backslash, bytes that are not UTF-8, and the names that
 * Windows reserves for devices and streams (Microsoft Learn, "Naming Files, Paths, and Namespaces").
 * @throws RegError SOURCE_PATH
 */
export function refuseUnsafePath(path: string): void {
  if (path !== '' && Buffer.byteLength(path) < MAX_PATH_BYTES && !path.split('/').some(isUnsafeName)) return;
  throw new RegError(
    'SOURCE_PATH',
    `the model holds a file with an unsafe path, '${path}'`,
    'do not trust its source',
  );
}

/** Whether a name must not be a part of a path that comes from elsewhere. */
const isUnsafeName = (name: string): boolean =>
  name === '' ||
  name === '.' ||
  name === '..' ||
  GIT_FOLDER.test(name.replaceAll(IGNORED, '')) ||
  UNSAFE.test(name) ||
  // what stands for bytes that are not UTF-8: the file would get another name than it has
  name.includes('\ufffd') ||
  Buffer.byteLength(name) > MAX_NAME_BYTES ||
  WINDOWS_DEVICE.test(name) ||
  // Windows drops them, so that the name would mean another file
  /[. ]$/.test(name);

/** The limits of the file systems of Linux (NAME_MAX and PATH_MAX of limits.h). */
const MAX_NAME_BYTES = 255;
const MAX_PATH_BYTES = 4096;

/** Characters that no name on Windows may have, control characters, and marks that make a name look like another (UAX #9). */
const UNSAFE = /[\\<>:"|?*\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/;

/** Characters that HFS+ ignores in names (git: utf8.c, next_hfs_char). */
const IGNORED = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g;

/** Also the names that macOS and Windows take for it (git-fsck(1), hasDotgit). */
const GIT_FOLDER = /^(\.git|git~\d+)$/i;
const WINDOWS_DEVICE = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$) *(\.|$)/i;
