import { distance } from 'fastest-levenshtein';

/** The known name that a mistyped one probably meant, if any is near enough: a third of its letters, at least two. */
export function nearest(typed: string, known: readonly string[]): string | undefined {
  const lower = typed.toLowerCase();
  let best: string | undefined;
  let least = Math.floor(Math.max(2, typed.length / 3)) + 1;
  for (const name of known) {
    const far = distance(lower, name.toLowerCase());
    if (far < least) [best, least] = [name, far];
  }
  return best;
}

/** A hint for an unknown name: the nearest known one, else the known ones, else `otherwise`. */
export function didYouMean(typed: string, known: readonly string[], otherwise: string): string {
  const near = nearest(typed, known);
  return near === undefined ? thereAre(known, otherwise) : `did you mean '${near}'?`;
}

/** A hint that lists the first of the known names, else `otherwise`. */
export function thereAre(known: readonly string[], otherwise: string): string {
  const names = [...new Set(known)];
  if (names.length === 0) return otherwise;
  const some = names.slice(0, 8).join(', ');
  return `there ${names.length === 1 ? 'is' : 'are'} ${some}${names.length > 8 ? ' and more' : ''}`;
}
