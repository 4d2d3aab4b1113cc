/** So many rows are made and written at a time. */
const ROWS = 2000;

/** Rows in pieces that are small enough to be held as text. */
export const pieces = <T>(rows: readonly T[]): T[][] =>
  Array.from({ length: Math.ceil(rows.length / ROWS) }, (_, index) =>
    rows.slice(index * ROWS, (index + 1) * ROWS),
  );
