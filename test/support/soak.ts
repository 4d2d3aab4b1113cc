/** Whether this is `npm run soak`, which has hours. */
export const HAS_TIME = process.env.REG_SOAK === '1';

/** How many random cases a test tries: all of them in `npm run soak`, a share of them in `npm test`. */
export const cases = (all: number, share = Math.ceil(all / 10)): number => (HAS_TIME ? all : share);

/** The rows of a table that a test goes through: all of them in `npm run soak`, every second one in `npm test`. */
export const rows = <T>(all: readonly T[]): T[] => all.filter((_, index) => HAS_TIME || index % 2 === 0);

/**
 * The pairs of a row and a mode that a table goes through: all of them in `npm run soak`. In `npm test` each row comes once and the modes
 * take turns, so that no row and no mode is left out.
 */
export const pairs = <Row, Mode>(all: readonly Row[], modes: readonly Mode[]): [row: Row, mode: Mode][] =>
  all.flatMap((row, index) =>
    modes
      .filter((_, place) => HAS_TIME || place === index % modes.length)
      .map((mode): [Row, Mode] => [row, mode]),
  );
