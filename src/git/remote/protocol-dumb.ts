import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream';
import { createDeflate, createInflate } from 'node:zlib';
import type { Oid } from '../../domain/event.js';
import type { RegError } from '../../errors.js';
import { readAtMost } from '../../util/stream.js';
import type { ProtocolV2, RemoteRef, Server } from './protocol-v2.js';
import type { ObjectType, Receiver, Wants } from './transport.js';

// A web server of plain files (gitprotocol-http(5), "DUMB CLIENTS"): what git-update-server-info(1) wrote there names refs and packs.

/** The limits of a listing, and of an index of ten million objects. */
const MAX_LIST_BYTES = 64 * 1024 * 1024;
const MAX_INDEX_BYTES = 512 * 1024 * 1024;

/** The refs that a server of plain files lists, HEAD the first. */
export async function listDumbRefs(server: Server): ReturnType<ProtocolV2['listRefs']> {
  const refs = new Map<string, RemoteRef>();
  for (const line of (await textAt(server, '/info/refs')).split('\n')) {
    const [, oid, name = '', mark] = /^([0-9a-f]{40})\t(.*?)(\^\{\})?$/.exec(line) ?? [];
    const before = refs.get(name);
    if (oid === undefined) continue;
    if (mark === undefined) refs.set(name, { name, oid, peeled: undefined });
    else if (before !== undefined) refs.set(name, { ...before, peeled: oid });
  }
  const [, target = '', id] = /^(?:ref: (.*)|([0-9a-f]{40}))$/m.exec(await textAt(server, '/HEAD')) ?? [];
  const oid = id ?? refs.get(target)?.oid;
  const head: RemoteRef[] =
    oid === undefined ? [] : [{ name: 'HEAD', oid, peeled: undefined, ...(target && { target }) }];
  return [...head, ...refs.values()];
}

const textAt = async (server: Server, path: string): Promise<string> => {
  const file = await server.file(path);
  const tooLong = () => server.failed(`${path} has more than ${MAX_LIST_BYTES} bytes`);
  return file === undefined ? '' : (await readAtMost(file, MAX_LIST_BYTES, tooLong)).toString();
};

/**
 * Brings objects from a server of plain files, and what they lead to as far as it is wanted: each object in its own file, else the
 * whole pack that holds it.
 * @returns undefined when they came; otherwise why not
 */
export async function fetchDumb(
  server: Server,
  into: Receiver,
  wants: ReadonlySet<Oid>,
  { filter, shallow }: Pick<Wants, 'filter' | 'shallow'>,
): Promise<RegError | undefined> {
  const packs = await openPacks(server);
  const seen = new Set<Oid>();
  const commits: Oid[] = [];
  const waiting = [...wants].map((oid) => ({ oid, depth: 0 }));
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { oid, depth } = next;
    if (seen.has(oid)) continue;
    seen.add(oid);
    if (!(await into.has(oid)) && !(await bringFile(server, into, oid)) && !(await packs.bring(oid, into)))
      return server.failed('the server does not send an object that it lists');
    const found = await into.links(oid);
    if (found === undefined) return server.failed('the server sent a broken object');
    if (found.type === 'commit') commits.push(oid);
    for (const link of found.links) {
      const isParent = found.type === 'commit' && link.type === 'commit';
      const below = found.type === 'tree' ? depth + 1 : depth;
      const isLeftOut =
        (isParent && shallow) ||
        (link.type === 'blob' && filter !== undefined) ||
        (link.type === 'tree' && (filter === 'tree:0' || (filter === 'tree:1' && below > 0)));
      if (!isLeftOut) waiting.push({ oid: link.oid, depth: below });
    }
  }
  if (shallow) await into.addShallow(commits);
  return undefined;
}

/** Brings an object that has a file of its own (gitrepository-layout(5), objects); gives whether there is one. */
async function bringFile(server: Server, into: Receiver, oid: Oid): Promise<boolean> {
  const file = await server.file(`/objects/${oid.slice(0, 2)}/${oid.slice(2)}`);
  if (file === undefined) return false;
  // one broken file fails the whole
  const content = pipeline(file, createInflate(), () => undefined);
  const brought = await into.addPack(packOf(content)).catch((error: Error) => {
    throw 'code' in error && error.code === 'FILE_SYSTEM'
      ? error
      : server.failed(`object ${oid} is broken there`);
  });
  if (!brought.has(oid)) throw server.failed(`the server sent another object than ${oid}`);
  return true;
}

/** The numbers that stand for types in a pack (gitformat-pack(5), "Object types"). */
const TYPE_NUMBERS: Record<ObjectType, number> = { commit: 1, tree: 2, blob: 3, tag: 4 };

/** A pack of one object, from the content of its own file: `<type> SP <size> NUL <bytes>`. Memory holds no more than a chunk. */
async function* packOf(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha1');
  const chunks = content[Symbol.asyncIterator]();
  let start = Buffer.alloc(0);
  let end = -1;
  while (end < 0) {
    const { done, value } = await chunks.next();
    if (done || start.length > MAX_HEADER_BYTES) throw new Error('it has no header');
    start = Buffer.concat([start, value]);
    end = start.indexOf(0);
  }
  const [, type, digits] = /^(commit|tree|blob|tag) (\d+)$/.exec(start.toString('latin1', 0, end)) ?? [];
  if (type === undefined) throw new Error('it has no header');
  const count = Buffer.alloc(8);
  count.writeUInt32BE(2);
  count.writeUInt32BE(1, 4);
  const head = Buffer.concat([Buffer.from('PACK'), count, entryHead(type as ObjectType, Number(digits))]);
  hash.update(head);
  yield head;
  const rest = async function* (): AsyncGenerator<Uint8Array> {
    yield start.subarray(end + 1);
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value;
  };
  for await (const chunk of pipeline(rest(), createDeflate({ level: 1 }), () => undefined)) {
    hash.update(chunk);
    yield chunk;
  }
  yield hash.digest();
}

const MAX_HEADER_BYTES = 64;

/** The head of an entry: its type and size, seven bits in a byte, the lowest first and four in the first (gitformat-pack(5)). */
function entryHead(type: ObjectType, size: number): Buffer {
  const bytes = [(TYPE_NUMBERS[type] << 4) | (size % 16)];
  for (let rest = Math.floor(size / 16); rest > 0; rest = Math.floor(rest / 128)) {
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) | 0x80;
    bytes.push(rest % 128);
  }
  return Buffer.from(bytes);
}

/** The packs of a server. Each comes at most once, and only where an object of it is wanted. */
async function openPacks(server: Server) {
  const list = await textAt(server, '/objects/info/packs');
  const names = [...list.matchAll(/^P (pack-[0-9a-f]{40})\.pack$/gm)].flatMap(([, name]) => name ?? []);
  const indexes = new Map<string, Promise<Buffer>>();
  const indexOf = (name: string): Promise<Buffer> => {
    const index = indexes.get(name) ?? readIndex(server, name);
    indexes.set(name, index);
    return index;
  };
  return {
    bring: async (oid: Oid, into: Receiver): Promise<boolean> => {
      for (const name of names) {
        // the ids are bytes of the index, whatever its version
        if (!(await indexOf(name)).includes(Buffer.from(oid, 'hex'))) continue;
        const pack = await server.file(`/objects/pack/${name}.pack`);
        const oids = pack && (await into.addPack(pack));
        if (oids?.has(oid)) return true;
      }
      return false;
    },
  };
}

async function readIndex(server: Server, name: string): Promise<Buffer> {
  const file = await server.file(`/objects/pack/${name}.idx`);
  const tooLong = () => server.failed(`the index of ${name} has more than ${MAX_INDEX_BYTES} bytes`);
  return file === undefined ? Buffer.alloc(0) : readAtMost(file, MAX_INDEX_BYTES, tooLong);
}
