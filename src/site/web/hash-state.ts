import { useEffect, useState } from 'preact/hooks';
import { startOf } from './moments.js';

/** What a page was asked to show, as its address keeps it. */
type Choices = Record<string, string>;

/**
 * Choices that are kept behind the `#` of the address, the one part of it that may change where a page is opened as a file.
 * Values equal to those of `initial` are left out. The first drawing uses `initial`, as the server does.
 */
export function useHashState<T extends Choices>(initial: T): [T, (change: Partial<T>) => void] {
  const [choices, choose] = useState<T>(initial);
  useEffect(() => {
    const take = (): void => choose(readHash(location.hash, initial));
    take();
    addEventListener('hashchange', take);
    return () => removeEventListener('hashchange', take);
  }, []);
  const change = (part: Partial<T>): void => {
    const next = { ...choices, ...part };
    choose(next);
    history.replaceState(history.state, '', `#${writeHash(next, initial)}`);
  };
  return [choices, change];
}

/** The choices in an address; keys that the page does not know are passed over. */
function readHash<T extends Choices>(hash: string, initial: T): T {
  const given = new URLSearchParams(hash.replace(/^#/, ''));
  const entries = Object.entries(initial).map(([key, value]) => [key, given.get(key) ?? value]);
  return Object.fromEntries(entries) as T;
}

/** The part of an address that keeps these choices. */
function writeHash<T extends Choices>(choices: T, initial: T): string {
  const changed = Object.entries(choices).filter(([key, value]) => value !== initial[key]);
  return new URLSearchParams(changed).toString();
}

/** The day that an address asks for. */
export interface AskedDay {
  /** Empty for now. */
  day: string;
  /** Why what the address asks for is not shown. */
  problem: string | undefined;
}

/**
 * The day to show, from what an address has. What is no day, or is still to come, is not shown as if it were one.
 * @param last the last day that anything is known of
 */
export function askedDay(text: string, last: string): AskedDay {
  if (text === '') return { day: '', problem: undefined };
  const problem = Number.isNaN(startOf(text))
    ? `“${text}” is not a day.`
    : text > last
      ? `${text} is still to come.`
      : undefined;
  return { day: problem === undefined ? text : '', problem };
}
