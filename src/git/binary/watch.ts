import type { Readable } from 'node:stream';
import { endMarked } from './end-run.js';

/** Why a run was ended before its time. */
export type EarlyEnd = 'hung' | 'interrupted';

/** Looks after one run of git. */
export interface Watch {
  /** Given when the run is to end, to those who can end it. */
  signal: AbortSignal;
  /** Resolves when the run was ended before its time. */
  ended: Promise<void>;
  /** Tells where git gives its signs. */
  pipes(...pipes: readonly NodeJS.ReadableStream[]): void;
  /** The run is over: why, when that was before its time. */
  stop(): EarlyEnd | undefined;
}

/**
 * Ends a run that gives no sign for some seconds, or when the signal is given.
 * @param mark what the run's processes carry in their environment
 */
export function watchOver(mark: string, seconds: number, signal: AbortSignal | undefined): Watch {
  let open: readonly NodeJS.ReadableStream[] = [];
  let timer: NodeJS.Timeout | undefined;
  const ending = new AbortController();
  let early: EarlyEnd | undefined;
  let settle = (): void => undefined;
  const ended = new Promise<void>((resolve) => {
    settle = resolve;
  });
  const end = async (why: EarlyEnd): Promise<void> => {
    early ??= why;
    await endMarked(mark);
    ending.abort();
    // a process that could not be ended still holds them, and would keep this one waiting
    for (const pipe of open) (pipe as Partial<Readable>).destroy?.();
    settle();
  };
  const interrupt = (): void => void end('interrupted');
  const wind = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => void end('hung'), seconds * 1000);
  };
  signal?.addEventListener('abort', interrupt);
  wind();
  return {
    signal: ending.signal,
    ended,
    pipes: (...pipes) => {
      open = pipes;
      for (const pipe of pipes) pipe.on('data', wind);
    },
    stop: () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', interrupt);
      for (const pipe of open) pipe.removeListener('data', wind);
      return early;
    },
  };
}
