import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline, type Readable, Transform } from 'node:stream';
import { constants, createInflate, inflateSync } from 'node:zlib';
import type { Oid } from '../../../domain/event.js';
import { isObjectType } from '../../files/object-type.js';
import type { FoundObject, ObjectHead } from '../found-object.js';

/** Longer than any header, deflated or not: a type, a size and a NUL (gitformat-loose(5)). */
const HEADER_BYTES = 64;

const fileOf = (folder: string, oid: Oid): string => join(folder, oid.slice(0, 2), oid.slice(2));

/** Whether an object has a file of its own; undefined where it has none. */
export const isLoose = (folder: string, oid: Oid): Promise<true | undefined> =>
  access(fileOf(folder, oid)).then(() => true as const, unlessGone);

/** Reads an object that has a file of its own; undefined where there is none, or not that object. */
export async function readLoose(folder: string, oid: Oid): Promise<FoundObject | undefined> {
  const deflated = await readFile(fileOf(folder, oid)).catch(unlessGone);
  if (deflated === undefined) return undefined;
  const whole = inflated(deflated);
  if (whole === undefined || createHash('sha1').update(whole).digest('hex') !== oid) return undefined;
  const head = headOf(whole);
  return head && { ...head, bytes: whole.subarray(head.start) };
}

/** What such an object is, from the first bytes of its file. */
export async function readLooseHead(folder: string, oid: Oid): Promise<ObjectHead | undefined> {
  const start = await readStart(fileOf(folder, oid)).catch(unlessGone);
  const head = start && headOf(inflated(start, constants.Z_SYNC_FLUSH) ?? start);
  return head && { type: head.type, size: head.size };
}

/** The content of such an object as it comes. */
export async function streamLoose(folder: string, oid: Oid): Promise<Readable | undefined> {
  if ((await readLooseHead(folder, oid)) === undefined) return undefined;
  // how a pipeline ends is told by its last stream
  return pipeline(createReadStream(fileOf(folder, oid)), createInflate(), withoutHeader(), () => undefined);
}

/** The ids of such objects that begin with these digits. */
export async function looseBeginning(folder: string, digits: string): Promise<Oid[]> {
  const first = digits.slice(0, 2);
  const names = await readdir(join(folder, first)).catch(() => []);
  return names
    .map((name) => first + name)
    .filter((oid) => /^[0-9a-f]{40}$/.test(oid) && oid.startsWith(digits));
}

/** A file that is there and cannot be read is for the user to mend. */
function unlessGone(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
}

async function readStart(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function inflated(bytes: Uint8Array, finishFlush = constants.Z_FINISH): Buffer | undefined {
  try {
    return inflateSync(bytes, { finishFlush });
  } catch {
    return undefined;
  }
}

function headOf(inflatedBytes: Buffer): (ObjectHead & { start: number }) | undefined {
  const end = inflatedBytes.indexOf(0);
  const [type, size = ''] = inflatedBytes.toString('latin1', 0, Math.max(end, 0)).split(' ');
  return isObjectType(type) && /^\d+$/.test(size) ? { type, size: Number(size), start: end + 1 } : undefined;
}

function withoutHeader(): Transform {
  let isBehind = false;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const end = isBehind ? -1 : chunk.indexOf(0);
      isBehind ||= end >= 0;
      done(null, isBehind ? chunk.subarray(end + 1) : undefined);
    },
  });
}
