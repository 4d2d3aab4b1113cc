/** Looks after one exchange with a server. */
export interface Watch {
  /** Given when the exchange is to end. */
  signal: AbortSignal;
  /** The server gave a sign. */
  wind(): void;
  /** Stops watching; tells why the exchange was ended before its time, when it was. */
  stop(): 'hung' | 'interrupted' | undefined;
}

/** Ends an exchange that gives no sign for some seconds, or when the signal is given. */
export function watchOver(seconds: number, signal: AbortSignal | undefined): Watch {
  const ending = new AbortController();
  let early: 'hung' | 'interrupted' | undefined;
  let timer: NodeJS.Timeout | undefined;
  const end = (why: NonNullable<typeof early>) => (): void => {
    early ??= why;
    ending.abort();
  };
  const interrupt = end('interrupted');
  signal?.addEventListener('abort', interrupt);
  if (signal?.aborted) interrupt();
  const wind = (): void => {
    clearTimeout(timer);
    timer = setTimeout(end('hung'), seconds * 1000);
  };
  wind();
  return {
    signal: ending.signal,
    wind,
    stop: () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', interrupt);
      return early;
    },
  };
}
