import { expect, test } from 'vitest';
import { attempts, type Retry } from '../../src/util/async.js';

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

test('attempts are numbered, and end after the last one', async () => {
  expect(await numbersOf(RETRY, 0)).toEqual([1, 2, 3, 4]);
});

test('no attempt begins after the deadline', async () => {
  expect(await numbersOf(RETRY, 50)).toEqual([1, 2, 3]);
  expect(await numbersOf(RETRY, 200)).toEqual([1]);
});

test('pauses are asked for by the number of the attempt before, and none comes after the last one', async () => {
  const asked: number[] = [];
  const longestPauseMs = (attempt: number): number => asked.push(attempt);
  await numbersOf({ ...RETRY, longestPauseMs }, 0);
  expect(asked).toEqual([1, 2, 3]);
});

test('an interruption ends a pause, and the next step notices it', async () => {
  const signal = AbortSignal.timeout(20);
  const long = { ...RETRY, attempts: 2, longestPauseMs: () => 1e9 };
  expect(await numbersOf(long, 0, signal)).toEqual([1, 2]);
});

test('nothing pauses where the first attempt is enough', async () => {
  const never = (): number => {
    throw new Error('there was no need for a pause');
  };
  for await (const number of attempts({ ...RETRY, longestPauseMs: never }, { now: () => 0 })) {
    expect(number).toBe(1);
    break;
  }
});
