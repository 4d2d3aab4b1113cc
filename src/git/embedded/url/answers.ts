import type { Oid } from '../../../domain/event.js';
import type { RegError } from '../../../errors.js';
import { needsGit } from '../../needs-git.js';
import { type PktLine, textOf } from './pkt-line.js';

/** A ref of a remote repository. */
export interface RemoteRef {
  /** The full name. */
  name: string;
  oid: Oid;
  /** What an annotated tag leads to. */
  peeled: Oid | undefined;
}

/** What a server sends, line by line. */
export type Lines = AsyncGenerator<PktLine>;
/** Makes the error for a repository that could not be asked. */
export type Failed = (why: string) => RegError;
/** What a server can do, by name. */
export type Features = ReadonlyMap<string, string>;

/**
 * What a server can do: `version 2`, then a line for each capability (gitprotocol-v2(5), gitprotocol-http(5)).
 * @throws RegError REMOTE_FAILED, GIT_MISSING for an old protocol and for ids that are not SHA-1
 */
export async function featuresIn(lines: Lines, shown: string, failed: Failed): Promise<Features> {
  let features: Map<string, string> | undefined;
  let isWhole = false;
  for await (const line of lines) {
    isWhole = line === 'flush';
    if (typeof line === 'string') continue;
    const [, name = '', value = ''] = /^([^=]*)=?(.*)$/.exec(textOf(line)) ?? [];
    if (name === 'object-format' && value !== 'sha1')
      throw needsGit(`${shown} has ids that are ${value}, and to read it`);
    if (features) features.set(name, value);
    else if (name === 'version 2') features = new Map();
    else if (name.startsWith('ERR ')) throw failed(name.slice(4));
    else if (!name.startsWith('# service'))
      throw needsGit(`${shown} answers in an old protocol, and to read it`);
  }
  if (isWhole && features) return features;
  throw failed(BREAKS_OFF);
}

const BREAKS_OFF = 'its answer breaks off';

/**
 * The refs of a listing: `<oid> SP <name>` and perhaps `peeled:<oid>` for each (gitprotocol-v2(5), ls-refs).
 * @throws RegError REMOTE_FAILED
 */
export async function refsIn(lines: Lines, failed: Failed): Promise<RemoteRef[]> {
  const refs: RemoteRef[] = [];
  let isWhole = false;
  for await (const line of lines) {
    isWhole = line === 'flush';
    if (typeof line === 'string') continue;
    const [oid = '', name = '', ...attributes] = textOf(line).split(' ');
    if (oid === 'ERR') throw failed(textOf(line).slice(4));
    const peeled = attributes.find((one) => one.startsWith('peeled:'))?.slice('peeled:'.length);
    if (/^[0-9a-f]{40}$/.test(oid)) refs.push({ oid, name, peeled });
  }
  if (isWhole) return refs;
  throw failed(BREAKS_OFF);
}

/**
 * The pack in the answer to a fetch, behind where history was cut when it is shallow (gitprotocol-v2(5), fetch); undefined when
 * the server refuses.
 * @throws RegError REMOTE_FAILED; the pack may fail with it too
 */
export async function packIn(lines: Lines, failed: Failed): Promise<AsyncIterable<Uint8Array> | undefined> {
  for (;;) {
    const { value: line, done } = await lines.next();
    if (done) throw failed(BREAKS_OFF);
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
  let isWhole = false;
  for await (const line of lines) {
    isWhole = line === 'flush';
    if (typeof line === 'string') continue;
    if (line[0] === 1) yield line.subarray(1);
    if (line[0] === 3) throw failed(textOf(line.subarray(1)));
  }
  if (!isWhole) throw failed(BREAKS_OFF);
}
