import { setMaxListeners } from 'node:events';
import { RegError } from '../errors.js';

const DEFAULT_TIMEOUT_SECONDS = 60;
/** A day; timers of Node.js end after 24 days. */
const LONGEST_TIMEOUT_SECONDS = 86_400;

/**
 * The timeout of servers and of git: seconds without a response, progress included. REG_TIMEOUT, by default 60.
 * @throws RegError USAGE for a REG_TIMEOUT that is not such a number
 */
export function timeoutOf({ REG_TIMEOUT: text = '' }: NodeJS.ProcessEnv): number {
  if (text === '') return DEFAULT_TIMEOUT_SECONDS;
  const seconds = Number(text);
  if (seconds > 0 && seconds <= LONGEST_TIMEOUT_SECONDS) return seconds;
  throw new RegError(
    'USAGE',
    `REG_TIMEOUT is '${text}', not a number of seconds above 0 and at most ${LONGEST_TIMEOUT_SECONDS}`,
    `set it to seconds, such as REG_TIMEOUT=120, or leave it out for ${DEFAULT_TIMEOUT_SECONDS}`,
  );
}

/** The error of a timeout. */
export const noResponse = (seconds: number): Error => new Error(`no response for ${seconds} seconds`);

/**
 * Makes a call that ends with the signal, or after some seconds without a response. The result does not wait for a call that
 * ignores its signal.
 * @param call gets a signal of its own, which any number of listeners may use, and a function to report progress with
 */
export async function withTimeout<T>(
  call: (signal: AbortSignal, progress: () => void) => Promise<T>,
  signal: AbortSignal | undefined,
  seconds: number,
): Promise<T> {
  if (signal?.aborted) throw ABORTED;
  const ending = new AbortController();
  setMaxListeners(0, ending.signal);
  let timer: NodeJS.Timeout | undefined;
  let end = (_why: Error): void => undefined;
  const ended = new Promise<never>((_resolve, reject) => {
    end = (why) => {
      reject(why);
      ending.abort();
    };
  });
  const abort = (): void => end(ABORTED);
  let isOver = false;
  const progress = (): void => {
    clearTimeout(timer);
    if (!isOver) timer = setTimeout(() => end(noResponse(seconds)), seconds * 1000);
  };
  signal?.addEventListener('abort', abort, { once: true });
  progress();
  try {
    return await Promise.race([call(ending.signal, progress), ended]);
  } finally {
    isOver = true;
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}

const ABORTED = new Error('interrupted');
