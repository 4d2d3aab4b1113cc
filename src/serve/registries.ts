import { RegError } from '../errors.js';
import type { RefsMark } from '../git/port.js';
import { type RegistryContext, readConfigBytes } from '../registry/context.js';
import { type KnownObjects, readServed, type State, withTags } from './state.js';

/** One of the registries that are served. */
export interface ServedRegistry {
  /** The name that it is served under; empty for the only one. */
  name: string;
  /**
   * The state, no older than is allowed; no promise where it is at hand. A registry that cannot be reached goes on with the state that is known.
   * @throws RegError where it was never read
   */
  current(): State | Promise<State>;
  /** Reads it again, whatever is known. */
  refresh(): Promise<void>;
  /** How it is. */
  condition(): Condition;
}

/** How a registry is: whether it was ever read, and whether the last attempt to read it failed. */
export interface Condition {
  state: 'unread' | 'fresh' | 'stale';
  /** When it was read, or seen to be the same, in milliseconds since the epoch. */
  readAt: number | undefined;
  /** Why the last attempt failed. */
  error: RegError | undefined;
  artifacts: number;
  tags: number;
}

/** How a registry is followed. */
export interface Following {
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Milliseconds after which a registry at a URL is asked again. */
  refreshMs: number;
  /** Called when it can be read no more, with the reason, and when it can be again. */
  onTurn?: ((error: RegError | undefined) => void) | undefined;
}

/** Milliseconds between two looks at a repository of this machine. */
const LOOK_MS = 50;
/** A request waits so long, in milliseconds, for a registry that is slow, and is then answered from what is known. */
const LONGEST_WAIT_MS = 2000;

/**
 * Follows a registry.
 * @param open opens it, at first and after a change of its configuration
 */
export function followRegistry(
  name: string,
  open: () => Promise<RegistryContext>,
  { now, refreshMs, onTurn = () => undefined }: Following,
): ServedRegistry {
  const objects: KnownObjects = new Map();
  let context: RegistryContext | undefined;
  let config = '';
  let state: State | undefined;
  let mark: RefsMark | undefined;
  let looseTags: ReadonlyMap<string, string> | undefined;
  let error: RegError | undefined;
  let readAt: number | undefined;
  /** When it is looked at again, in milliseconds since the epoch. */
  let due = Number.NEGATIVE_INFINITY;
  let reading: Promise<State> | undefined;
  let begunAt = 0;

  const read = async (isForced: boolean): Promise<State> => {
    const begun = now();
    context ??= await open();
    const seen = await context.repository.refsMark?.(begun);
    const isSame =
      !isForced &&
      state !== undefined &&
      error === undefined &&
      seen !== undefined &&
      seen.text === mark?.text;
    if (!isSame) {
      // before the rest: a tag that comes in between is new again at the next look, which changes nothing
      const loose = await seen?.looseTags();
      const patched = isForced || error !== undefined ? undefined : await patch(seen, loose);
      if (patched === undefined) await readWhole();
      else state = patched;
      mark = seen;
      looseTags = loose;
    }
    if (error !== undefined) onTurn(undefined);
    error = undefined;
    readAt = begun;
    // what takes long to read is not read all the time
    due = now() + (seen === undefined ? refreshMs : Math.max(LOOK_MS, isSame ? 0 : 2 * (now() - begun)));
    return state as State;
  };
  /** The state with the tags that are new or were moved; undefined where more than that changed. */
  const patch = async (
    seen: RefsMark | undefined,
    loose: ReadonlyMap<string, string> | undefined,
  ): Promise<State | undefined> => {
    if (state === undefined || loose === undefined || looseTags === undefined) return undefined;
    if (seen === undefined || seen.withoutLooseTags !== mark?.withoutLooseTags) return undefined;
    for (const name of looseTags.keys()) if (!loose.has(name)) return undefined;
    const before = looseTags;
    return withTags(state, new Map([...loose].filter(([name, oid]) => before.get(name) !== oid)));
  };
  const readWhole = async (): Promise<void> => {
    const opened = context ?? (await open());
    const read = await readConfigBytes(opened);
    const text = read === undefined ? '' : Buffer.from(read).toString('latin1');
    // what was opened goes by the configuration of then
    context = state !== undefined && text !== config ? await open() : opened;
    config = text;
    state = await readServed(context, config, objects, state);
  };
  const start = (isForced: boolean): Promise<State> => {
    if (reading === undefined) begunAt = now();
    reading ??= read(isForced)
      .catch((failure: unknown) => {
        const isNew = error === undefined;
        error = failure instanceof RegError ? failure : new RegError('INTERNAL', String(failure));
        if (isNew) onTurn(error);
        due = now() + refreshMs;
        throw error;
      })
      .finally(() => {
        reading = undefined;
      });
    return reading;
  };
  return {
    name,
    current: () => {
      const known = state;
      if (known !== undefined && now() < due) return known;
      if (known === undefined) {
        if (error !== undefined && now() < due) return Promise.reject(error);
        return start(false);
      }
      const answer = start(false).catch(() => known);
      // one that failed the last time may be slow to fail again
      return error === undefined
        ? Promise.race([answer, after(known, begunAt + LONGEST_WAIT_MS - now())])
        : known;
    },
    refresh: async () => {
      // what is being read may have begun before the change
      await reading?.catch(() => undefined);
      await start(true);
    },
    condition: () => ({
      state: state === undefined ? 'unread' : error === undefined ? 'fresh' : 'stale',
      readAt,
      error,
      artifacts: state?.artifacts.length ?? 0,
      tags: state?.tags ?? 0,
    }),
  };
}

const after = <T>(value: T, ms: number): Promise<T> =>
  new Promise((resolve) => {
    setTimeout(() => resolve(value), Math.max(0, ms)).unref();
  });
