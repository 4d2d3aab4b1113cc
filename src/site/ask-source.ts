import { setTimeout } from 'node:timers/promises';
import type { Oid } from '../domain/event.js';
import { RegError } from '../errors.js';
import type { ObjectReader } from '../git/port.js';
import type { RegistryContext } from '../registry/context.js';
import { withSharedSources } from '../registry/shared-sources.js';
import { shownAddress } from '../util/address.js';
import { limiter, once } from '../util/async.js';

/** Reads something of a commit of the source repository at a URL; null where that cannot be had. */
export type AskSource = <T>(
  url: string,
  commit: Oid,
  read: (source: ObjectReader) => Promise<T | null>,
) => Promise<T | null>;

/** How to ask. */
export interface AskingOptions {
  /** Is told of each source that cannot be reached, in words that may be shown. */
  onNote?: ((text: string) => void) | undefined;
  /** So many milliseconds an answer is waited for; one that is later is there for whoever asks next. */
  patience?: number | undefined;
  /** So many milliseconds after the first question none is asked any more. */
  budget?: number | undefined;
}

/** So many questions are asked at a time. */
const AT_ONCE = 4;

const LATE =
  'some model cards of other repositories are left out: their time was over; the next run has more, or one with a greater REG_TIMEOUT';

const UNREACHED: ReadonlySet<string> = new Set(['REMOTE_FAILED', 'GIT_MISSING']);

/** Asks sources elsewhere for what a site can do without: a few at a time, and none again that could not be reached. */
export function sourceAsker(
  context: RegistryContext,
  { onNote = () => undefined, patience, budget = Number.POSITIVE_INFINITY }: AskingOptions,
): AskSource {
  const { openSource } = withSharedSources(context).sources;
  const inTurn = limiter(AT_ONCE);
  const firsts = new Map<string, Promise<unknown>>();
  const unreached = new Set<string>();
  const deadline = once(async () => context.now() + budget);
  const tellLate = once(async () => onNote(LATE));
  const attempt: AskSource = async (url, commit, read) => {
    if (unreached.has(url)) return null;
    const end = await deadline();
    if (context.now() >= end) return tellLate().then(() => null);
    try {
      const source = await openSource({ kind: 'url', url });
      return (await source.resolveCommit(commit)) === undefined ? null : await read(source);
    } catch (error) {
      if (!(error instanceof RegError) || !UNREACHED.has(error.code)) throw error;
      if (!unreached.has(url)) onNote(`no model cards from ${shownAddress(url)}: ${error.message}`);
      unreached.add(url);
      return null;
    }
  };
  return async (url, commit, read) => {
    const first = firsts.get(url);
    const asked = (async () => {
      // whether the source can be reached at all, one finds out for all
      await first?.catch(() => undefined);
      return inTurn(() => attempt(url, commit, read));
    })();
    if (first === undefined) firsts.set(url, asked);
    return patience === undefined ? asked : Promise.race([asked, setTimeout(patience, null, { ref: false })]);
  };
}
