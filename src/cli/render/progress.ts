import type { OnBytes } from '../../models/download.js';
import type { Output } from '../output.js';

/** Shows how much of something large has come. */
export interface Progress {
  /** Begins, with the number of bytes to come where it is known. Gives the function to call with the bytes that came. */
  start(total: number | undefined): OnBytes;
  stop(): void;
}

/** A smaller transfer ends before a person can read the bar. */
const WORTH_SHOWING = 8 * 1024 * 1024;

/** A bar on standard error; nothing at all where that is no terminal, with `--quiet`, and where the answer is data. */
export function progressBar({ world, isData, isQuiet }: Output, what: string): Progress {
  let stop = (): void => undefined;
  const start = (total: number | undefined): OnBytes => {
    if (isData || isQuiet || !world.isErrorTTY || total === undefined || total < WORTH_SHOWING)
      return () => undefined;
    // a second start discards the bar of the first
    stop();
    let shown = 0;
    // loaded while the first bytes come
    const bar = import('cli-progress').then(({ default: progress }) => {
      const made = new progress.SingleBar({
        stream: world.stderr as NodeJS.WriteStream,
        format: `${what} {bar} {percentage}% of ${megabytes(total)} MB, {eta_formatted} left`,
        hideCursor: true,
        clearOnComplete: true,
      });
      made.start(total, shown);
      return made;
    });
    stop = () => void bar.then((made) => made.stop());
    return (count) => {
      shown += count;
      void bar.then((made) => made.update(shown));
    };
  };
  return { start, stop: () => stop() };
}

/** Shows how many parts of something are done, where a person sees it; see `progressBar`. */
export function countBar(
  { world, isData, isQuiet }: Output,
  what: string,
): { show: (done: number, all: number) => void; stop: () => void } {
  let last = '';
  const put = (line: string): void => {
    if (!isData && !isQuiet && world.isErrorTTY && line !== last) world.stderr.write(`\r\x1b[K${line}`);
    last = line;
  };
  return {
    show: (done, all) => put(all < WORTH_COUNTING ? '' : `${what}: ${Math.floor((100 * done) / all)}%`),
    stop: () => put(''),
  };
}

/** Fewer parts are done before a person can read it. */
const WORTH_COUNTING = 100;

const megabytes = (bytes: number): string => (bytes / 1_000_000).toFixed(0);
