import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';

/** How often something is found, by the place that it is found in, and by what it is. */
export type Counts = Readonly<Record<string, Readonly<Record<string, number>>>>;

/**
 * Compares what is found with a list of what is allowed, which may only shrink: more is refused, and less is to be written
 * down. `npm run allowed` does that. Things may move between places; no total may grow.
 * @param file the list, beside the tests
 * @param totalOf what is added up: things of one kind, or all of them
 */
export function expectAllowed(
  file: string,
  found: Counts,
  totalOf: (what: string) => string = (what) => what,
): void {
  const list = new URL(`../${file}`, import.meta.url);
  const allowed: Counts = JSON.parse(readFileSync(list, 'utf8'));
  const [before, now] = [totals(allowed, totalOf), totals(found, totalOf)];
  const grown = Object.entries(now).filter(([what, count]) => count > (before[what] ?? 0));
  const places = grown.flatMap(([what, count]) => [
    `${what}: ${count}, and ${before[what] ?? 0} are allowed`,
    ...newPlaces(found, allowed, (one) => totalOf(one) === what),
  ]);
  expect(places, `more than test/${file} allows`).toEqual([]);
  // `vitest --mode lower`
  if (process.env.MODE === 'lower') writeFileSync(list, `${JSON.stringify(sorted(found), undefined, 2)}\n`);
  else expect(sorted(found), `test/${file} is to be lowered: npm run allowed`).toEqual(allowed);
}

function totals(counts: Counts, totalOf: (what: string) => string): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const inside of Object.values(counts))
    for (const [what, count] of Object.entries(inside))
      sums[totalOf(what)] = (sums[totalOf(what)] ?? 0) + count;
  return sums;
}

const newPlaces = (found: Counts, allowed: Counts, isMeant: (what: string) => boolean): string[] =>
  Object.entries(found).flatMap(([place, inside]) =>
    Object.entries(inside)
      .filter(([what, count]) => isMeant(what) && count > (allowed[place]?.[what] ?? 0))
      .map(([what, count]) => `  ${place}: ${what} (${count}, was ${allowed[place]?.[what] ?? 0})`),
  );

/** The same by name, so that a difference in it is easy to read. */
const sorted = (counts: Counts): Counts =>
  Object.fromEntries(byName(counts).map(([place, inside]) => [place, Object.fromEntries(byName(inside))]));

const byName = <T>(of: Readonly<Record<string, T>>): [string, T][] =>
  Object.entries(of).sort(([a], [b]) => (a < b ? -1 : 1));
