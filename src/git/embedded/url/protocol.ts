import type { Oid } from '../../../domain/event.js';
import type { RegError } from '../../../errors.js';
import { type Features, featuresIn, type Lines, packIn, type RemoteRef, refsIn } from './answers.js';
import { type Around, talkTo } from './http.js';
import { decodeLines, encodeLines } from './pkt-line.js';

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
  const greet = async (): Promise<Features> => {
    const answer = await talk.ask(`/info/refs?service=${SERVICE}`, { headers: VERSION });
    return featuresIn(decodeLines(answer, failed), shown, failed);
  };
  let greeting: Promise<Features> | undefined;
  const features = (): Promise<Features> => {
    greeting ??= greet().catch((error: unknown) => {
      // the next question is to try again
      greeting = undefined;
      throw error;
    });
    return greeting;
  };
  const command = async (name: string, args: readonly string[]): Promise<Lines> => {
    // a server takes nothing for granted that it did not name (gitprotocol-v2(5), capabilities)
    const agent = (await features()).has('agent') ? ['agent=reg'] : [];
    const body = encodeLines([`command=${name}`, ...agent, 'delimiter', ...args, 'flush']);
    return decodeLines(await talk.ask(`/${SERVICE}`, { headers: POSTED, body }), failed);
  };
  return {
    shown,
    failed,
    listRefs: async (starts) =>
      refsIn(await command('ls-refs', ['peel', ...starts.map((start) => `ref-prefix ${start}`)]), failed),
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
