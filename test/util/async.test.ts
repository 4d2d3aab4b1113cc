import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { attempts, limiter, mapAtMost, memoize, once, type Retry, remembered } from '../../src/util/async.js';

/** A question that counts how often it was asked and fails for `bad`. */
function counting() {
  const asked: string[] = [];
  const ask = async (value: string): Promise<string> => {
    asked.push(value);
    if (value === 'bad') throw new Error(value);
    return `${value}!`;
  };
  return { asked, ask };
}

describe('once', () => {
  it('makes one thing for all, and tries again after a failure', async () => {
    let tries = 0;
    const make = once(async () => {
      tries += 1;
      if (tries === 1) throw new Error('first');
      return tries;
    });
    await expect(Promise.all([make(), make()])).rejects.toThrow('first');
    expect(await Promise.all([make(), make(), make()])).toEqual([2, 2, 2]);
  });
});

describe('remembered', () => {
  it('makes one thing for a while, then another one', async () => {
    let tries = 0;
    const make = async (): Promise<number> => {
      tries += 1;
      return tries;
    };
    const long = remembered(60_000, make);
    expect([await long(), await long()]).toEqual([1, 1]);
    const short = remembered(5, make);
    expect(await short()).toBe(2);
    await sleep(20);
    expect(await short()).toBe(3);
  });
});

describe('memoize', () => {
  it('asks once for each value', async () => {
    const { asked, ask } = counting();
    const remembered = memoize(ask);
    expect(await Promise.all(['a', 'b', 'a'].map(remembered))).toEqual(['a!', 'b!', 'a!']);
    expect(asked).toEqual(['a', 'b']);
  });

  it('compares objects by what they hold', async () => {
    const { asked, ask } = counting();
    const remembered = memoize(({ url }: { url: string }) => ask(url));
    await remembered({ url: 'a' });
    await remembered({ url: 'a' });
    expect(asked).toEqual(['a']);
  });

  it('asks again after a failure, unless failures are kept', async () => {
    for (const [keepFailures, times] of [
      [false, 2],
      [true, 1],
    ] as const) {
      const { asked, ask } = counting();
      const remembered = memoize(ask, { keepFailures });
      await expect(remembered('bad')).rejects.toThrow('bad');
      await expect(remembered('bad')).rejects.toThrow('bad');
      expect(asked).toHaveLength(times);
    }
  });

  it('forgets what was asked for the longest time ago', async () => {
    const { asked, ask } = counting();
    const remembered = memoize(ask, { most: 2 });
    for (const value of ['a', 'b', 'a', 'c', 'a', 'b']) await remembered(value);
    expect(asked).toEqual(['a', 'b', 'c', 'b']);
  });
});

describe('mapAtMost', () => {
  it('gives results in order, whichever work ends first, and never does more than so much at a time', async () => {
    let running = 0;
    let most = 0;
    const results = await mapAtMost(3, [30, 1, 20, 2, 10, 3], async (pause) => {
      running += 1;
      most = Math.max(most, running);
      await sleep(pause);
      running -= 1;
      return pause;
    });
    expect(results).toEqual([30, 1, 20, 2, 10, 3]);
    expect(most).toBe(3);
  });

  it('begins nothing after a failure', async () => {
    const begun: number[] = [];
    const work = async (item: number): Promise<void> => {
      begun.push(item);
      await sleep(item);
      if (item === 1) throw new Error('first');
    };
    await expect(mapAtMost(2, [1, 20, 3, 4], work)).rejects.toThrow('first');
    await sleep(40);
    expect(begun).toEqual([1, 20]);
  });
});

describe('limiter', () => {
  it('lets so many run at a time, and goes on after a failure', async () => {
    const inTurn = limiter(2);
    let running = 0;
    let most = 0;
    const run = (fails: boolean) => async (): Promise<void> => {
      running += 1;
      most = Math.max(most, running);
      await sleep(5);
      running -= 1;
      if (fails) throw new Error('failed');
    };
    const runs = [true, false, true, false, false].map((fails) => inTurn(run(fails)));
    const ends = await Promise.allSettled(runs);
    expect(ends.filter(({ status }) => status === 'rejected')).toHaveLength(2);
    expect(most).toBe(2);
  });
});

const RETRY: Retry = { attempts: 4, deadlineMs: 100, longestPauseMs: () => 1 };

/** Runs attempts by a clock that moves on by so much at each question; gives their numbers. */
async function numbersOf(retry: Retry, stepMs: number, signal?: AbortSignal): Promise<number[]> {
  let time = 0;
  const now = (): number => {
    time += stepMs;
    return time;
  };
  const numbers: number[] = [];
  for await (const number of attempts(retry, { now, signal })) numbers.push(number);
  return numbers;
}

describe('attempts', () => {
  it('attempts are numbered, and end after the last one', async () => {
    expect(await numbersOf(RETRY, 0)).toEqual([1, 2, 3, 4]);
  });

  it('no attempt begins after the deadline', async () => {
    expect(await numbersOf(RETRY, 50)).toEqual([1, 2, 3]);
    expect(await numbersOf(RETRY, 200)).toEqual([1]);
  });

  it('pauses are asked for by the number of the attempt before, and none comes after the last one', async () => {
    const asked: number[] = [];
    const longestPauseMs = (attempt: number): number => asked.push(attempt);
    await numbersOf({ ...RETRY, longestPauseMs }, 0);
    expect(asked).toEqual([1, 2, 3]);
  });

  it('an interruption ends a pause, and the next step notices it', async () => {
    const signal = AbortSignal.timeout(20);
    const long = { ...RETRY, attempts: 2, longestPauseMs: () => 1e9 };
    expect(await numbersOf(long, 0, signal)).toEqual([1, 2]);
  });

  it('nothing pauses where the first attempt is enough', async () => {
    const never = (): number => {
      throw new Error('there was no need for a pause');
    };
    for await (const number of attempts({ ...RETRY, longestPauseMs: never }, { now: () => 0 })) {
      expect(number).toBe(1);
      break;
    }
  });
});
