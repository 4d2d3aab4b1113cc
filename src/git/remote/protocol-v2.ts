import type { Readable } from 'node:stream';
import type { Oid } from '../../domain/event.js';
import type { RegError } from '../../errors.js';
import { needsGit } from '../port.js';

/** A ref of a remote repository. */
export interface RemoteRef {
  /** The full name. */
  name: string;
  oid: Oid;
  /** What an annotated tag leads to. */
  peeled: Oid | undefined;
  /** The full name of the ref that a symbolic ref, such as HEAD, leads to. */
  target?: string | undefined;
}

/** A request for a pack. */
export interface PackRequest {
  /** Any objects, at least one. */
  wants: readonly Oid[];
  /** Commits whose history is here. */
  haves: readonly Oid[];
  filter: string | undefined;
  /** Leaves out the history of the wanted commits. */
  isShallow: boolean;
}

/** The response to such a request. */
export interface PackResponse {
  /** The commits at which history is cut off. */
  shallow: readonly Oid[];
  pack: AsyncIterable<Uint8Array>;
}

/** A repository, asked in version 2 of git's protocol (gitprotocol-v2(5)). Every call throws RegError REMOTE_FAILED, GIT_MISSING. */
export interface ProtocolV2 {
  /** The refs whose names begin so. */
  listRefs(prefixes: readonly string[]): Promise<RemoteRef[]>;
  /** Undefined when the server does not have the objects, or does not send them. */
  fetchPack(request: PackRequest): Promise<PackResponse | undefined>;
}

/** A server, as the protocol reaches it (gitprotocol-http(5)). */
export interface Server {
  /** Its address, without secrets. */
  shown: string;
  /**
   * Requests a path below the address; with a body it is a POST.
   * @throws RegError REMOTE_FAILED, INTERRUPTED; the response may fail with them too
   */
  request(
    path: string,
    headers: Record<string, string>,
    body?: Uint8Array,
  ): Promise<AsyncIterable<Uint8Array>>;
  /** A file below the address; undefined without one. It throws as `request` does. */
  file(path: string): Promise<Readable | undefined>;
  /** The error for a server that fails; `why` may hold the server's own message. */
  failed(why: string): RegError;
}

/** A server answers with a file where the protocol begins: it has plain files (gitprotocol-http(5), "Dumb Clients"). */
export class PlainFiles extends Error {}

/** @throws PlainFiles for a list of refs in the place of a greeting */
async function* greeting(response: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let isFirst = true;
  for await (const chunk of response) {
    if (isFirst && /^[0-9a-f]{40}\t/.test(Buffer.from(chunk).toString('latin1', 0, 41)))
      throw new PlainFiles();
    isFirst = false;
    yield chunk;
  }
}

type Failed = Server['failed'];

const SERVICE = 'git-upload-pack';
const VERSION = { 'git-protocol': 'version=2' };
const COMMAND = {
  ...VERSION,
  'content-type': `application/x-${SERVICE}-request`,
  accept: `application/x-${SERVICE}-result`,
};

/** Prepares to ask a repository; nothing is sent before the first question. */
export function protocolV2({ shown, request, failed }: Server): ProtocolV2 {
  let asked: Promise<Capabilities> | undefined;
  const capabilities = (): Promise<Capabilities> => {
    asked ??= request(`/info/refs?service=${SERVICE}`, VERSION)
      .then((response) => readCapabilities(decodePktLines(greeting(response), failed), shown, failed))
      .catch((error: unknown) => {
        // the next question asks again
        asked = undefined;
        throw error;
      });
    return asked;
  };
  const command = async (name: string, args: readonly string[]): Promise<PktLines> => {
    // a server may refuse a capability that it did not name (gitprotocol-v2(5), capabilities)
    const agent = (await capabilities()).has('agent') ? ['agent=reg'] : [];
    const body = encodePktLines([`command=${name}`, ...agent, 'delimiter', ...args, 'flush']);
    return decodePktLines(await request(`/${SERVICE}`, COMMAND, body), failed);
  };
  return {
    listRefs: async (prefixes) => {
      const args = ['peel', 'symrefs', ...prefixes.map((prefix) => `ref-prefix ${prefix}`)];
      const refs = await readRefs(await command('ls-refs', args), failed);
      // a server may take prefixes for a hint (gitprotocol-v2(5), ls-refs)
      return refs.filter(({ name }) => prefixes.length === 0 || prefixes.some((one) => name.startsWith(one)));
    },
    fetchPack: async ({ wants, haves, filter, isShallow }) => {
      const features = (await capabilities()).get('fetch')?.split(' ') ?? [];
      const lines = await command('fetch', [
        'ofs-delta',
        ...(filter !== undefined && features.includes('filter') ? [`filter ${filter}`] : []),
        ...(isShallow && features.includes('shallow') ? ['deepen 1'] : []),
        ...wants.map((oid) => `want ${oid}`),
        ...haves.map((oid) => `have ${oid}`),
        'done',
      ]);
      return readPack(lines, failed);
    },
  };
}

/** The capabilities of a server, by name. */
type Capabilities = ReadonlyMap<string, string>;

/**
 * Reads the capabilities of a server: `version 2`, then a line for each.
 * @throws RegError REMOTE_FAILED, GIT_MISSING for an old protocol and for ids that are not SHA-1
 */
async function readCapabilities(lines: PktLines, shown: string, failed: Failed): Promise<Capabilities> {
  let capabilities: Map<string, string> | undefined;
  let isWhole = false;
  for await (const line of lines) {
    isWhole = line === 'flush';
    if (typeof line === 'string') continue;
    const [, name = '', value = ''] = /^([^=]*)=?(.*)$/.exec(textOf(line)) ?? [];
    if (name === 'object-format' && value !== 'sha1')
      throw needsGit(`to read ${shown}, whose ids are ${value},`);
    if (capabilities) capabilities.set(name, value);
    else if (name === 'version 2') capabilities = new Map();
    else if (name.startsWith('ERR ')) throw failed(name.slice(4));
    else if (!name.startsWith('# service'))
      throw needsGit(`to read ${shown}, which speaks an old version of the git protocol,`);
  }
  if (isWhole && capabilities) return capabilities;
  throw failed(BROKEN_OFF);
}

/**
 * Reads a listing: `<oid> SP <name>` and perhaps `peeled:<oid>` for each ref.
 * @throws RegError REMOTE_FAILED
 */
async function readRefs(lines: PktLines, failed: Failed): Promise<RemoteRef[]> {
  const refs: RemoteRef[] = [];
  let isWhole = false;
  for await (const line of lines) {
    isWhole = line === 'flush';
    if (typeof line === 'string') continue;
    const [oid = '', name = '', ...attributes] = textOf(line).split(' ');
    if (oid === 'ERR') throw failed(textOf(line).slice(4));
    const peeled = attributes.find((one) => one.startsWith('peeled:'))?.slice('peeled:'.length);
    const target = attributes.find((one) => one.startsWith('symref-target:'))?.slice('symref-target:'.length);
    if (/^[0-9a-f]{40}$/.test(oid)) refs.push({ oid, name, peeled, target });
  }
  if (isWhole) return refs;
  throw failed(BROKEN_OFF);
}

/**
 * Reads the response to a fetch up to its pack; undefined when the server refuses.
 * @throws RegError REMOTE_FAILED; the pack may fail with it too
 */
async function readPack(lines: PktLines, failed: Failed): Promise<PackResponse | undefined> {
  const shallow: Oid[] = [];
  for (;;) {
    const { value: line, done } = await lines.next();
    if (done) throw failed(BROKEN_OFF);
    if (typeof line === 'string') continue;
    const text = textOf(line);
    if (text === 'packfile') return { shallow, pack: packBytes(lines, failed) };
    if (text.startsWith('shallow ')) shallow.push(text.slice('shallow '.length));
    if (!text.startsWith('ERR ')) continue;
    await lines.return(undefined);
    return undefined;
  }
}

/** The first byte of each line is its channel: a part of the pack, progress, or an error (gitprotocol-pack(5), side-band). */
async function* packBytes(lines: PktLines, failed: Failed): AsyncGenerator<Uint8Array> {
  let isWhole = false;
  for await (const line of lines) {
    isWhole = line === 'flush';
    if (typeof line === 'string') continue;
    if (line[0] === 1) yield line.subarray(1);
    if (line[0] === 3) throw failed(textOf(line.subarray(1)));
  }
  if (!isWhole) throw failed(BROKEN_OFF);
}

const BROKEN_OFF = 'the response breaks off';

/** A line of git's protocols, or one of the packets between lines (gitprotocol-common(5), gitprotocol-v2(5)). */
type PktLine = Buffer | 'flush' | 'delimiter' | 'response-end';
type PktLines = AsyncGenerator<PktLine>;

const SPECIAL: Record<number, Exclude<PktLine, Buffer>> = { 0: 'flush', 1: 'delimiter', 2: 'response-end' };
const LENGTH_BYTES = 4;

/** Encodes lines: four hexadecimal digits for the length, these included, and the content. */
export function encodePktLines(lines: readonly (string | 'flush' | 'delimiter')[]): Buffer {
  return Buffer.concat(
    lines.map((line) => {
      if (line === 'flush') return Buffer.from('0000');
      if (line === 'delimiter') return Buffer.from('0001');
      const content = Buffer.from(`${line}\n`);
      const length = (content.length + LENGTH_BYTES).toString(16).padStart(LENGTH_BYTES, '0');
      return Buffer.concat([Buffer.from(length), content]);
    }),
  );
}

/**
 * Decodes the lines of a response.
 * @param failed makes the error for a response in another protocol, and for one that breaks off inside a line
 */
export async function* decodePktLines(
  chunks: AsyncIterable<Uint8Array>,
  failed: Failed,
): AsyncGenerator<PktLine> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
    while (rest.length >= LENGTH_BYTES) {
      const digits = rest.toString('latin1', 0, LENGTH_BYTES);
      const length = Number.parseInt(digits, 16);
      const special = SPECIAL[length];
      if (!/^[0-9a-f]{4}$/i.test(digits) || (length < LENGTH_BYTES && special === undefined))
        throw failed('the server did not answer with the git protocol');
      if (length > rest.length) break;
      yield special ?? rest.subarray(LENGTH_BYTES, length);
      rest = rest.subarray(Math.max(length, LENGTH_BYTES));
    }
  }
  if (rest.length > 0) throw failed(BROKEN_OFF);
}

/** A line as text, without the line end that it may have. */
const textOf = (line: Buffer): string => line.toString().replace(/\n$/, '');
