import { createHash, randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { deflateSync } from 'node:zlib';
import type { Oid } from '../../domain/event.js';
import { isOid } from '../../util/oid.js';
import { inOwnFolder, move, readIfPlain, temporary } from '../../util/safe-files.js';
import type { TagRef } from '../port.js';
import { decodeTag } from '../tag-object.js';
import type { RemoteAccess } from './remote.js';
import { expectSuccess, type RunGit } from './run.js';

// Git fetches nothing into a repository with a ref whose object is missing, and writes no object that is there and corrupt. So the
// objects of tags come by way of a repository of their own.

/** Whether a ref leads to an object that is missing or corrupt, so that git refuses to fetch. */
export const hasBadRefs = async (git: RunGit): Promise<boolean> =>
  (await git(['rev-list', '--max-count=0', '--all'])).code !== 0;

/**
 * Writes the objects of tags again, as a remote has them. A tag that the remote cannot send stays as it is.
 * @returns how many objects were written
 */
export async function restoreTagObjects(
  { git, remote }: RemoteAccess,
  tags: readonly TagRef[],
): Promise<number> {
  return inOwnFolder('restore', async (folder) => {
    expectSuccess(await git(['init', '--quiet', '--bare', folder]), 'making a repository');
    // the remote and its logins are those of this repository
    const config = await pathIn(git, 'config');
    const apart = (...args: string[]) => git(['-c', `include.path=${config}`, '--git-dir', folder, ...args]);
    const options = ['--no-tags', '--no-write-fetch-head', '--depth=1', '--filter=tree:0'];
    let written = 0;
    for (const { oid } of tags) {
      const fetched = await apart('fetch', '--quiet', ...options, '--end-of-options', remote.name, oid);
      if (fetched.code !== 0) continue;
      for (let next: Oid | undefined = oid; next !== undefined; ) {
        const { code, stdout } = await apart('cat-file', 'tag', next);
        if (code !== 0 || !(await writeObject(git, next, stdout))) break;
        written += 1;
        next = innerTag(stdout);
      }
    }
    return written;
  });
}

/** The tag that a tag object leads to. */
function innerTag(bytes: Buffer): Oid | undefined {
  try {
    const { object, type } = decodeTag(bytes);
    return type === 'tag' ? object : undefined;
  } catch {
    return undefined;
  }
}

/** Writes a tag object into a file of its own (gitformat-loose(5)); false where the bytes are not those of its id. */
async function writeObject(git: RunGit, oid: Oid, bytes: Buffer): Promise<boolean> {
  const whole = Buffer.concat([Buffer.from(`tag ${bytes.length}\0`), bytes]);
  const algorithm = oid.length === 40 ? 'sha1' : 'sha256';
  if (createHash(algorithm).update(whole).digest('hex') !== oid) return false;
  const file = await pathIn(git, `objects/${oid.slice(0, 2)}/${oid.slice(2)}`);
  await mkdir(dirname(file), { recursive: true });
  const part = temporary(join(dirname(file), `tmp_obj_${randomUUID()}`));
  await writeFile(part, deflateSync(whole), { mode: 0o444, flag: 'wx' });
  await move(part, file);
  return true;
}

/** Removes the file of a ref that holds neither an object id nor the name of a ref: git changes no such ref. */
export async function removeBrokenRef(git: RunGit, ref: string): Promise<void> {
  const file = await pathIn(git, ref);
  const bytes = await readIfPlain(file, MAX_REF_BYTES);
  if (bytes === undefined) return;
  const text = Buffer.from(bytes).toString().trim();
  if (/^ref: /.test(text)) return;
  if (!isOid(text) || /^0+$/.test(text)) await rm(file);
}

const MAX_REF_BYTES = 64 * 1024;

async function pathIn(git: RunGit, path: string): Promise<string> {
  const result = await git(['rev-parse', '--path-format=absolute', '--git-path', path]);
  return expectSuccess(result, 'looking for a file of git').toString().trimEnd();
}
