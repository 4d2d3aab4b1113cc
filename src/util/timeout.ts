import { setMaxListeners } from 'node:events';
import { RegError } from '../errors.js';

/** Seconds without a sign after which a server is taken for hung. */
const PATIENCE = 60;
/** A day: whoever wants more does not want to wait, and timers of Node.js end after 24 days. */
const LONGEST = 86_400;

/**
 * Seconds without a sign of a server, its progress included, after which it is taken for hung: REG_TIMEOUT, or a minute.
 * @throws RegError USAGE for a REG_TIMEOUT that is no such number
 */
export function patienceOf({ REG_TIMEOUT: text = '' }: NodeJS.ProcessEnv): number {
  if (text === '') return PATIENCE;
  const seconds = Number(text);
  if (seconds > 0 && seconds <= LONGEST) return seconds;
  throw new RegError(
    'USAGE',
    `REG_TIMEOUT is '${text}', and no number of seconds above 0 and at most ${LONGEST}`,
    'set it to seconds, such as REG_TIMEOUT=120, or leave it out for 60',
  );
}

/** The signal of one call, and how the call tells that the server gave a sign. */
type Call<T> = (end: AbortSignal, sign: () => void) => Promise<T>;

/**
 * Ends a call when the signal is given, or when its server gives no sign for some seconds. Not every client knows signals:
 * the answer does not wait for one that goes on.
 */
export async function untilHung<T>(
  call: Call<T>,
  signal: AbortSignal | undefined,
  patience: number,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let end = (_why: Error): void => undefined;
  const ended = new Promise<never>((_resolve, reject) => {
    end = reject;
  });
  const hung = (): void => end(new Error(`it gave no sign for ${patience} seconds`));
  const sign = (): void => {
    clearTimeout(timer);
    timer = setTimeout(hung, patience * 1000);
  };
  sign();
  try {
    return await untilGiven(signal, (given, stop) => {
      ended.catch(stop);
      given.addEventListener('abort', () => end(INTERRUPTED));
      return Promise.race([call(given, sign), ended]);
    });
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Makes a call with a signal of its own, which is given when the other one is. The clients hang their listeners on it, and
 * Node.js would warn of that many on the other one.
 */
async function untilGiven<T>(
  signal: AbortSignal | undefined,
  call: (end: AbortSignal, stop: () => void) => Promise<T>,
): Promise<T> {
  if (signal?.aborted) throw INTERRUPTED;
  const ending = new AbortController();
  setMaxListeners(0, ending.signal);
  const stop = (): void => ending.abort();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    return await call(ending.signal, stop);
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

const INTERRUPTED = new Error('interrupted');
