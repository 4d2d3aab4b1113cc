import type { Oid } from '../../../domain/event.js';
import type { RegError } from '../../../errors.js';
import { needsGit } from '../needs-git.js';
import { type Around, type Talk, talkTo } from './http.js';
import { decodeLines, encodeLines, type PktLine, textOf } from './pkt-line.js';

/** A ref of a remote repository. */
export interface RemoteRef {
  /** The full name. */
  name: string;
  oid: Oid;
  /** What an annotated tag leads to. */
  peeled: Oid | undefined;
}

/** What to fetch. */
export interface Wanted {
  /** Any objects, at least one. */
  oids: readonly Oid[];
  /** What to leave out of what they lead to; a server that cannot filter sends more (git-rev-list(1), --filter). */
  filter: 'tree:0' | 'blob:none';
  /** Leaves out what came before the commits. */
  shallow: boolean;
}

/** A remote repository, asked in version 2 of git's protocol (gitprotocol-v2(5)). Every call throws RegError REMOTE_FAILED. */
export interface Remote {
  /** Its address, fit to be shown. */
  shown: string;
  /** The refs whose names begin so. */
  listRefs(starts: readonly string[]): Promise<RemoteRef[]>;
  /** A pack with objects, as it comes; undefined when the server has not got them, or will not give them away. */
  fetchPack(wanted: Wanted): Promise<AsyncIterable<Uint8Array> | undefined>;
  /** The error for a repository that could not be asked. */
  failed(why: string): RegError;
}

/** Prepares to ask the repository at a web address; nothing is sent before the first question. */
export function openRemote(address: string, around: Around): Remote {
  const talk = talkTo(address, around);
  const { shown, failed } = talk;
  let greeting: Promise<Features> | undefined;
  const features = (): Promise<Features> => {
    greeting ??= greet(talk).catch((error: unknown) => {
      // the next question is to try again
      greeting = undefined;
      throw error;
    });
    return greeting;
  };
  const command = async (name: string, args: readonly string[]): Promise<Lines> => {
    const body = encodeLines([
      `command=${name}`,
      'agent=reg',
      'object-format=sha1',
      'delimiter',
      ...args,
      'flush',
    ]);
    return decodeLines(await talk.ask(`/${SERVICE}`, { headers: POSTED, body }), failed);
  };
  return {
    shown,
    failed,
    listRefs: async (starts) => {
      await features();
      return refsIn(
        await command('ls-refs', ['peel', ...starts.map((start) => `ref-prefix ${start}`)]),
        failed,
      );
    },
    fetchPack: async ({ oids, filter, shallow }) => {
      const known = (await features()).get('fetch')?.split(' ') ?? [];
      const lines = await command('fetch', [
        'ofs-delta',
        ...(known.includes('filter') ? [`filter ${filter}`] : []),
        ...(shallow && known.includes('shallow') ? ['deepen 1'] : []),
        ...oids.map((oid) => `want ${oid}`),
        'done',
      ]);
      return packIn(lines, failed);
    },
  };
}

const SERVICE = 'git-upload-pack';
const VERSION = { 'git-protocol': 'version=2' };
const POSTED = {
  ...VERSION,
  'content-type': `application/x-${SERVICE}-request`,
  accept: `application/x-${SERVICE}-result`,
};

type Lines = AsyncGenerator<PktLine>;
type Failed = (why: string) => RegError;
/** What a server can do, by name. */
type Features = ReadonlyMap<string, string>;

/** Asks a server what it can do: `version 2`, then a line for each capability (gitprotocol-v2(5), gitprotocol-http(5)). */
async function greet({ ask, shown, failed }: Talk): Promise<Features> {
  const answer = await ask(`/info/refs?service=${SERVICE}`, { headers: VERSION });
  let features: Map<string, string> | undefined;
  for await (const line of decodeLines(answer, failed)) {
    if (typeof line === 'string') continue;
    const [, name = '', value = ''] = /^([^=]*)=?(.*)$/.exec(textOf(line)) ?? [];
    if (features) features.set(name, value);
    else if (name === 'version 2') features = new Map();
    else if (name.startsWith('ERR ')) throw failed(name.slice(4));
    else if (!name.startsWith('# service')) break;
  }
  if (features === undefined) throw needsGit(`${shown} answers in an old protocol, and to read it`);
  const format = features.get('object-format') ?? 'sha1';
  if (format !== 'sha1') throw needsGit(`${shown} has ids that are ${format}, and to read it`);
  return features;
}

/** `<oid> SP <name>` and perhaps `peeled:<oid>` for each ref (gitprotocol-v2(5), ls-refs). */
async function refsIn(lines: Lines, failed: Failed): Promise<RemoteRef[]> {
  const refs: RemoteRef[] = [];
  for await (const line of lines) {
    if (line === 'flush') return refs;
    if (typeof line === 'string') continue;
    const [oid = '', name = '', ...attributes] = textOf(line).split(' ');
    if (oid === 'ERR') throw failed(textOf(line).slice(4));
    const peeled = attributes.find((one) => one.startsWith('peeled:'))?.slice('peeled:'.length);
    if (/^[0-9a-f]{40}$/.test(oid)) refs.push({ oid, name, peeled });
  }
  throw failed('its answer breaks off');
}

/** Passes over what comes before the pack: of a shallow fetch, where history was cut (gitprotocol-v2(5), fetch). */
async function packIn(lines: Lines, failed: Failed): Promise<AsyncIterable<Uint8Array> | undefined> {
  for (;;) {
    const { value: line, done } = await lines.next();
    if (done) throw failed('its answer breaks off');
    if (typeof line === 'string') continue;
    const text = textOf(line);
    if (text === 'packfile') return packBytes(lines, failed);
    if (!text.startsWith('ERR ')) continue;
    await lines.return(undefined);
    return undefined;
  }
}

/** The first byte of each line says what it is: a part of the pack, progress, or an error (gitprotocol-pack(5)). */
async function* packBytes(lines: Lines, failed: Failed): AsyncGenerator<Uint8Array> {
  for await (const line of lines) {
    if (line === 'flush') return;
    if (typeof line === 'string') continue;
    if (line[0] === 1) yield line.subarray(1);
    if (line[0] === 3) throw failed(textOf(line.subarray(1)));
  }
  throw failed('its answer breaks off');
}
