import { test } from 'vitest';

/** Whether this is `npm run soak`, which has hours. */
export const HAS_TIME = process.env.REG_SOAK === '1';

/** How many random cases a test tries: all of them in `npm run soak`, a share of them in `npm test`. */
export const cases = (all: number, share = Math.ceil(all / 10)): number => (HAS_TIME ? all : share);

/** The rows of a table that a test goes through: all of them in `npm run soak`, every second one in `npm test`. */
export const rows = <T>(all: readonly T[]): T[] => all.filter((_, index) => HAS_TIME || index % 2 === 0);

/**
 * The pairs of a row and a mode that a table goes through: all of them in `npm run soak`. In `npm test` each row comes once and the modes
 * take turns, so that no row is left out, and no mode where there are as many rows.
 */
export const pairs = <Row, Mode>(all: readonly Row[], modes: readonly Mode[]): [row: Row, mode: Mode][] =>
  all.flatMap((row, index) =>
    modes
      .filter((_, place) => HAS_TIME || place === index % modes.length)
      .map((mode): [Row, Mode] => [row, mode]),
  );

/** Chooses tests for one of several modes. */
export interface Turns {
  /** Defines a test when it is the turn of the mode. */
  test(name: string, run: () => Promise<void> | void): void;
  /** The rows of a table at which it is the turn of the mode. */
  rows<Row>(all: readonly Row[]): Row[];
}

/**
 * Which tests of a suite that runs in several modes run in one of them, by its place: all in `npm run soak`. In `npm test` the
 * modes take turns, so that each test runs in one of them.
 */
export function turnsOf(place: number, modes: number): Turns {
  let count = 0;
  const isNext = (): boolean => {
    count += 1;
    return HAS_TIME || (count - 1) % modes === place;
  };
  return {
    test: (name, run) => {
      if (isNext()) test(name, run);
    },
    rows: (all) => all.filter(isNext),
  };
}
